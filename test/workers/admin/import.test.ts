import { evictAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import bcrypt from "bcryptjs";
import { describe, expect, test } from "vitest";
import { type Ask, runImport } from "../../../scripts/import/run.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { alarmOf, eventually, expectAgreement, ring, roomOf } from "../../helpers/workers/objects.ts";
import { makeGroup, PASSWORD, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ FLOOD_LIMITS: "off", WEBHOOKS: "on" });
const queued: string[] = [];
Object.assign(env, {
  HOOKS: {
    send: async (body: string) => void queued.push(body),
    sendBatch: async (all: { body: string }[]) => void queued.push(...all.map(({ body }) => body)),
  },
});
const key = await makeKey("messages,users,groups");
const old = (seq: number, sender_id: string, more: object = {}) => ({
  seq,
  sender_id,
  client_msg_id: `old-${seq}`,
  msg_type: 1,
  content: { text: `number ${seq}` },
  send_at: 1_600_000_000_000 + seq,
  ...more,
});
const take = (conversation_id: string, messages: object[], reads?: object[]) =>
  key.post<{ imported: number; max_seq: number }>("/admin/messages/import", { conversation_id, messages, reads });

describe("old messages", () => {
  test("keep seq, order and time; a repeat changes nothing; then the chat goes on", async () => {
    const [alice, bob] = await people("alice", "bob");
    const chat = alice.chatWith(bob);
    const messages = Array.from({ length: 1_000 }, (_, at) => old(at + 1, at % 2 ? alice.id : bob.id));
    const reads = [
      { user_id: bob.id, read_seq: 1_000 },
      { user_id: "stranger", read_seq: 5 },
    ];
    expect(ok(await take(chat, messages.slice(0, 600)))).toEqual({ imported: 600, max_seq: 600 });
    // An import that was interrupted is run again.
    expect(ok(await take(chat, messages, reads))).toEqual({ imported: 400, max_seq: 1_000 });
    expect(ok(await take(chat, messages, reads))).toEqual({ imported: 0, max_seq: 1_000 });
    const { messages: newest } = await bob.pull(chat, { order: "desc", limit: 2 });
    expect(newest).toMatchObject([
      { seq: 1_000, send_at: 1_600_000_001_000, content: { text: "number 1000" } },
      { seq: 999 },
    ]);
    await eventually(() => expectAgreement(chat, [alice, bob]));
    expect((await bob.readState(chat)).unread_count).toBe(0);
    const live = await alice.text(bob, "we moved");
    expect(live.seq).toBe(1_001);
    expect(live.send_at).toBeGreaterThan(1_600_000_001_000);
    expect(await take(chat, [...messages.slice(-1), old(1_001, alice.id, { client_msg_id: "late" })])).toMatchObject({
      code: 1001,
    });
  });

  test("are not pushed: a client finds them by its sync, and is pushed what comes after them", async () => {
    const [alice, bob] = await people("alice", "bob");
    const chat = alice.chatWith(bob);
    const socket = await bob.socket();
    ok(await take(chat, [old(1, alice.id), old(2, bob.id)]));
    await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 2, unread_count: 0 }));
    await alice.text(bob, "live");
    await eventually(() => expect(socket.pushedSeqs()).toEqual([3]));
    const { cursor } = await bob.sync(0);
    expect(await socket.ping()).toBe(`pong:${cursor}`);
  });

  test("[HOOK-1] make no events, not even after a crash", async () => {
    const [alice, bob] = await people("alice", "bob");
    const chat = alice.chatWith(bob);
    ok(await take(chat, [old(1, alice.id), old(2, bob.id)]));
    await evictAllDurableObjects();
    await alice.text(bob, "live");
    await eventually(() => expect(queued.join()).toContain(`"${chat}:3"`));
    if ((await alarmOf(roomOf(chat))) !== null) await ring(roomOf(chat));
    for (const seq of [1, 2]) expect(queued.join()).not.toContain(`"${chat}:${seq}"`);
  });

  test("[SEND-4] keep the digits of their numbers", async () => {
    const [alice, bob] = await people("alice", "bob");
    const content = `{"custom_type":"n","custom_data":12345678901234567890.5}`;
    const body = JSON.stringify({
      conversation_id: alice.chatWith(bob),
      messages: [old(1, alice.id, { msg_type: 100, content: "HERE" })],
    });
    ok(await key.post("/admin/messages/import", body.replace('"HERE"', content)));
    const pulled = await alice.get("/msg/pull", { conversation_id: alice.chatWith(bob) });
    expect(pulled.raw).toContain(content);
  });

  test.each<[string, (ids: [string, string]) => object[], string]>([
    ["that skip a seq", ([a]) => [old(2, a)], "seq"],
    ["that change an old one", ([a, b]) => [old(1, a), old(1, b, { client_msg_id: "other" })], "seq"],
    ["that use a client_msg_id twice", ([a]) => [old(1, a), old(2, a, { client_msg_id: "old-1" })], "client_msg_id"],
    ["with a content of another type", ([a]) => [old(1, a, { content: { image: "x" } })], "messages.0.content"],
    ["that are notices", ([a]) => [old(1, a, { msg_type: 1001 })], "messages.0.msg_type"],
  ])("%s are refused, all of them", async (_, messages, says) => {
    const [alice, bob] = await people("alice", "bob");
    const chat = alice.chatWith(bob);
    const refused = await take(chat, messages([alice.id, bob.id]));
    expect([refused.code, refused.msg]).toEqual([1001, expect.stringContaining(says)]);
    expect((await alice.readState(chat)).max_seq).toBe(0);
    expect(await alice.list()).toEqual([]);
  });

  test("do not go into a chat that has live messages, or between unknown users, or into no group", async () => {
    const [alice, bob, chat] = await pair();
    await alice.text(bob, "live");
    const { max_seq } = await alice.readState(chat);
    expect((await take(chat, [old(max_seq + 1, alice.id)])).code).toBe(1001);
    expect((await take(`si_${alice.id}:zz-nobody`, [old(1, alice.id)])).code).toBe(2006);
    expect((await take("sg_nowhere", [old(1, alice.id)])).code).toBe(3001);
    const { group_id } = await makeGroup(alice, bob);
    expect(ok(await take(`sg_${group_id}`, [old(1, "left-long-ago")]))).toEqual({ imported: 1, max_seq: 1 });
  });
});

test("a whole server is moved, twice with the same result: passwords, groups, roles, histories and read marks", async () => {
  const ask: Ask = async (method, path, body) => {
    const { code, msg, data } = await call(method, path, { token: key.token, body });
    return { code, msg, data };
  };
  const users = ["m0", "m1", "m2"].map((user_id) => ({
    user_id,
    nickname: user_id,
    avatar: "",
    extra: "",
    created_at: 5,
  }));
  const password_hash = await bcrypt.hash(PASSWORD, 4);
  const group = { introduction: "", avatar: "", owner_id: "m0", member_ids: ["m0", "m1", "m2"], admin_ids: ["m1"] };
  const source = {
    users: users.map((user) => ({ ...user, password_hash })),
    groups: new Map([
      ["mg", { ...group, group_id: "mg", name: "Moved", is_dismissed: false }],
      ["md", { ...group, group_id: "md", name: "Gone", is_dismissed: true }],
    ]),
    messages: new Map([
      ["si_m0:m1", [old(1, "m0"), old(2, "m1")]],
      ["sg_mg", [old(1, "m2"), old(2, "m0"), old(4, "m1")]],
    ]),
    reads: new Map([["sg_mg", [{ user_id: "m2", read_seq: 4 }]]]),
  };
  const report = await runImport(source, ask, () => undefined);
  expect(report).toEqual({ users: 3, groups: 2, messages: 6, filled: 1, unfit: 0, refused: [] });
  expect(await runImport(source, ask, () => undefined)).toMatchObject({ users: 3, refused: [] });
  const login = await call<{ token: string }>("POST", "/auth/login", {
    body: { user_id: "m2", password: PASSWORD, platform_id: 5 },
  });
  const { token } = ok(login);
  const list = ok(
    await call<{ conversation_id: string; unread_count: number }[]>("GET", "/conversation/list", { token }),
  );
  expect(list.find(({ conversation_id }) => conversation_id === "sg_mg")).toMatchObject({ unread_count: 0 });
  const members = ok(await call<{ user_id: string }[]>("GET", "/group/members", { token, query: { group_id: "mg" } }));
  expect(members).toMatchObject([
    { user_id: "m0", role_level: 3 },
    { user_id: "m1", role_level: 2 },
    { user_id: "m2" },
  ]);
});
