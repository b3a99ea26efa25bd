import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { type Fields, field, spoilt } from "../helpers/node/bad-values.ts";
import { refused } from "../helpers/node/checks.ts";
import { type Person, pair } from "../helpers/node/people.ts";
import type { Answer } from "../helpers/node/rest.ts";
import { useServer } from "../helpers/node/suite.ts";
import { outgoing } from "../helpers/node/wire.ts";

const suite = useServer({ REQUEST_RATE_PER_SECOND: "1000", REQUEST_BURST: "1000" });
let alice: Person;
let bob: Person;
beforeAll(async () => {
  [alice, bob] = await pair(suite.rest);
});

type Route = { method: string; path: string; good: Record<string, unknown>; fields: Fields };

const text = { client_msg_id: "c", recv_id: "somebody", session_type: 1, msg_type: 1, content: { text: "x" } };
const chat = { conversation_id: "si_a:b" };

const bodies: Route[] = [
  {
    method: "POST",
    path: "/auth/register",
    good: { user_id: "never-made", nickname: "N", password: "secret" },
    fields: {
      user_id: field.newId,
      nickname: field.nickname,
      password: field.password,
      avatar: field.profileText,
    },
  },
  {
    method: "POST",
    path: "/auth/login",
    good: { user_id: "somebody", password: "secret", platform_id: 1 },
    fields: { user_id: field.id, password: field.anyPassword, platform_id: field.platform },
  },
  {
    method: "POST",
    path: "/auth/password",
    good: { old_password: "secret", new_password: "secret" },
    fields: { old_password: field.anyPassword, new_password: field.password },
  },
  {
    method: "PUT",
    path: "/user/update",
    good: {},
    fields: { nickname: field.optionalNickname, avatar: field.profileText, extra: field.extra },
  },
  { method: "POST", path: "/user/batch_info", good: { user_ids: [] }, fields: { user_ids: field.ids } },
  {
    method: "POST",
    path: "/msg/send",
    good: text,
    fields: {
      client_msg_id: field.clientMsgId,
      recv_id: field.id,
      session_type: field.sessionType,
      msg_type: field.messageType,
      content: field.content,
    },
  },
  {
    method: "POST",
    path: "/conversation/mark_read",
    good: { ...chat, read_seq: 1 },
    fields: { conversation_id: field.conversationId, read_seq: field.seq },
  },
];

const queries: Route[] = [
  {
    method: "GET",
    path: "/msg/pull",
    good: chat,
    fields: {
      conversation_id: field.queryConversationId,
      begin_seq: field.querySeq,
      end_seq: field.querySeq,
      limit: field.queryLimit,
      order: field.queryOrder,
    },
  },
  { method: "GET", path: "/msg/max_seq", good: chat, fields: { conversation_id: field.queryConversationId } },
  { method: "GET", path: "/conversation/list", good: {}, fields: { limit: field.queryLimit } },
  { method: "GET", path: "/conversation/info", good: chat, fields: { conversation_id: field.queryConversationId } },
  {
    method: "GET",
    path: "/conversation/max_read_seq",
    good: chat,
    fields: { conversation_id: field.queryConversationId },
  },
  { method: "GET", path: "/conversation/unread_count", good: chat, fields: { read_seq: field.querySeq } },
];

/** Invalid input is 1001, and the message names the field. */
function namesField(answer: Answer, name: string, wrong: string): void {
  const msg = refused(answer, 1001);
  expect(msg, `${name}: ${wrong}`).toContain(name);
}

describe.each(bodies)("$method $path", ({ method, path, good, fields }) => {
  test.each(spoilt(good, fields))("is 1001 and names %s where that is %s", async (name, wrong, body) => {
    namesField(await alice.rest.call(method, path, { body }), name, wrong);
  });

  test.each([
    ["broken JSON", '{"a":', "application/json"],
    ["two values", "{}{}", "application/json"],
    ["null", "null", "application/json"],
    ["an array", "[]", "application/json"],
    ["a number", "7", "application/json"],
    ["64 KB of nested arrays", "[".repeat(32_000) + "]".repeat(32_000), "application/json"],
    ["JSON with the content type of a form", JSON.stringify(good), "application/x-www-form-urlencoded"],
    ["JSON with the content type of plain text", JSON.stringify(good), "text/plain"],
  ])("is 1001 if the body is %s", async (_, raw, type) => {
    refused(await alice.rest.call(method, path, { raw, headers: { "content-type": type } }), 1001);
  });

  test("is 1001 if the body is not UTF-8", async () => {
    const raw = Buffer.from('{"x":"?"}').map((byte) => (byte === 0x3f ? 0xff : byte));
    const headers = { "content-type": "application/json" };
    refused(await alice.rest.call(method, path, { raw: new Uint8Array(raw), headers }), 1001);
  });

  test("is 1009 if the body is over 64 KB", async () => {
    const body = { ...good, padding: "x".repeat(65_536) };
    refused(await alice.rest.call(method, path, { body }), 1009);
  });
});

describe.each(queries)("$method $path", ({ path, good, fields }) => {
  test.each(spoilt(good, fields))("is 1001 and names %s where that is %s", async (name, wrong, query) => {
    namesField(await alice.rest.get(path, query as Record<string, string>), name, wrong);
  });
});

describe("PUT /conversation/update", () => {
  test.each(spoilt({}, { recv_msg_opt: field.recvMsgOpt, is_pinned: field.flag }))(
    "is 1001 and names %s where that is %s",
    async (name, wrong, body) => {
      const query = { conversation_id: alice.chatWith(bob) };
      namesField(await alice.rest.put("/conversation/update", body, query), name, wrong);
    },
  );
});

test.each(["a%3Ab", "a%20b", "x".repeat(65), "%F0%9F%91%8B"])(
  "GET /user/profile/%s is 1001 and names user_id",
  async (id) => {
    expect(refused(await alice.rest.get(`/user/profile/${id}`), 1001)).toContain("user_id");
  },
);

test.each([
  ["an unknown route", "GET", "/no/such/route", 1005, 404],
  ["a route with an extra slash", "GET", "/user//info", 1005, 404],
  ["a wrong method", "DELETE", "/msg/send", 1001, 405],
  ["a wrong method", "GET", "/auth/login", 1001, 405],
  ["a broken escape", "GET", "/user/profile/%ff", 1001, 400],
])("%s gets the envelope, too: %s %s", async (_, method, path, code, status) => {
  refused(await alice.rest.call(method, path), code, { status });
});

test.each([
  ["emoji", "👩‍👩‍👧‍👦🏳️‍🌈"],
  ["right-to-left", "שלום עולם مرحبا"],
  ["two spellings of é", "\u00e9 e\u0301"],
  ["control characters", "tab\there\nand \u0001"],
  ["markup and quotes", `<b>'";--</b>&amp;\\`],
])("%s is kept byte for byte in profiles and messages", async (_, said) => {
  const user = await alice.api.user.update({ nickname: said, extra: said });
  expect([user.nickname, user.extra]).toEqual([said, said]);
  const content = { text: said, [said]: { deep: [said] } };
  const sent = await alice.api.msg.send(outgoing({ user: bob.id }, content));
  const { messages } = await bob.pull(alice.chatWith(bob), { begin_seq: sent.seq });
  expect(messages[0]?.content).toEqual(content);
});

test("unknown fields of a request are ignored", async () => {
  const body = { ...outgoing({ user: bob.id }, { text: "x" }), seq: 4_000, sender_id: bob.id, send_at: 1 };
  const message = await alice.api.msg.send(body);
  expect([message.sender_id, message.seq < 4_000, message.send_at > 1]).toEqual([alice.id, true, true]);
});

test("a malformed request id is not echoed", async () => {
  for (const id of ["x".repeat(1_000), "<script>", "a b"]) {
    const answer = await alice.rest.call("GET", "/user/info", { headers: { "x-request-id": id } });
    expect(answer.requestId).not.toBe(id);
    expect(answer.requestId).not.toBe("");
  }
});

test("a client that goes away in the middle of a body is a refused request in the log, not a failure of the server", async () => {
  const upload = `/media?conversation_id=${encodeURIComponent(alice.chatWith(bob))}`;
  const logged = (event: string) => suite.server.logs().split(`"event":"${event}"`).length;
  const before = logged("request");
  const cases = [
    ["/auth/login", { "Content-Length": "100" }],
    ["/auth/login", { "Transfer-Encoding": "chunked" }],
    [upload, { "Content-Length": "100000", Authorization: `Bearer ${alice.token}` }],
  ] as const;
  for (const [path, headers] of cases) {
    const cut = request(suite.url + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
    });
    cut.on("error", () => undefined);
    cut.write('{"user_id":');
    await sleep(300);
    cut.destroy();
  }
  await expect.poll(() => logged("request")).toBeGreaterThanOrEqual(before + cases.length);
  expect(logged("request_failed")).toBe(1);
});

test("none of these requests stored anything", async () => {
  const [carol, dave] = await pair(suite.rest);
  for (const [, , body] of spoilt({ ...text, recv_id: dave.id }, bodies[5]?.fields ?? {})) {
    expect((await carol.rest.post("/msg/send", body)).code).toBe(1001);
  }
  expect(await carol.pull(carol.chatWith(dave))).toEqual({ messages: [], max_seq: 0, rev: 0, mine: {}, deleted: [] });
  for (const { api } of [carol, dave]) expect((await api.conversation.list()).items).toEqual([]);
  refused(await alice.rest.get("/user/profile/never-made"), 2006);
});
