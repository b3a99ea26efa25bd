import { expect, test } from "vitest";
import type { Conversation } from "../../src/client/index.ts";
import { followed, ok, refused } from "../helpers/node/checks.ts";
import { cast, sendOver, signUp, talkingPair } from "../helpers/node/people.ts";
import type { Socket } from "../helpers/node/socket.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { upgrade } from "../helpers/node/upgrade.ts";
import { outgoing, type Pushed, platform } from "../helpers/node/wire.ts";

const listed = "https://chat.example";
const suite = useServer({ ALLOWED_ORIGINS: `${listed},https://other.example` });

test.each(["query", "header", "subprotocol"] as const)("a token by %s opens both kinds of socket", async (by) => {
  const [alice, , chat] = await talkingPair(suite.rest);
  for (const socket of [await alice.socket({ by }), await alice.socketOf(chat, { by })]) {
    expect(socket.protocol).toBe(by === "subprotocol" ? "nexo" : "");
    ok(await socket.request(1006, { conversation_id: chat }));
  }
});

test("a listed Origin and an absent one are accepted; another, a longer one and null are not", async () => {
  const alice = await signUp(suite.rest, "alice");
  const path = `/ws?token=${alice.token}`;
  expect((await upgrade(suite.url, path)).status).toBe(101);
  expect((await upgrade(suite.url, path, { origin: listed })).status).toBe(101);
  for (const origin of ["https://evil.example", `${listed}.evil.example`, "http://chat.example", "null"]) {
    expect((await upgrade(suite.url, path, { origin })).status).toBe(403);
  }
});

test("CORS answers listed origins, and only those, without cookies", async () => {
  const preflight = (origin: string) =>
    suite.rest.call("OPTIONS", "/msg/send", {
      headers: { origin, "access-control-request-method": "POST" },
    });
  const allowed = await preflight(listed);
  expect(allowed.headers.get("access-control-allow-origin")).toBe(listed);
  expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
  const refusedOne = await preflight("https://evil.example");
  expect(refusedOne.headers.get("access-control-allow-origin")).toBeNull();
});

test("GET /ws without an upgrade is refused in the envelope", async () => {
  const alice = await signUp(suite.rest, "alice");
  const answer = await alice.rest.get("/ws");
  expect([answer.status >= 400 && answer.status < 500, answer.data]).toEqual([true, null]);
});

test("a socket gets each message once while another socket of the same user sends", async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const phone = await alice.on(platform.ios);
  const [sender, second, mobile] = await Promise.all([alice.socket(), alice.socket(), phone.socket()]);
  for (const n of upTo(5)) await sendOver(sender, outgoing({ user: bob.id }, { text: `${n}` }));
  for (const socket of [second, mobile]) {
    await socket.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.at(-1)?.seq === 6);
    const pushed = socket.log.flatMap(({ data }) => (data as Pushed).msgs?.[chat] ?? []);
    expect(pushed.map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 6]);
  }
  expect(sender.log.filter((frame) => frame.req_identifier === 2001)).toEqual([]);
});

test("the chain of cursors is unbroken on every socket of a user who sends in three chats at once", async () => {
  const [alice, ...others] = await cast(suite.rest, "alice", "bob", "carol", "dave");
  const phone = await alice.on(platform.ios);
  const sockets = await Promise.all([alice.socket(), alice.socket(), phone.socket()]);
  await Promise.all(
    upTo(5).flatMap((n) =>
      others.flatMap((other, index) => [
        other.text(alice, `${n}`),
        sendOver(sockets[index] as Socket, outgoing({ user: other.id }, { text: `${n}` })),
      ]),
    ),
  );
  // Each chat's last change is a pin: when it arrives, all earlier changes have arrived.
  for (const other of others) {
    const conversation_id = alice.chatWith(other);
    await alice.api.conversation.update(conversation_id, { is_pinned: true });
    for (const socket of sockets) {
      await socket.nextPush<{ conversation: Conversation }>(
        2007,
        ({ conversation }) => conversation.conversation_id === conversation_id && conversation.is_pinned,
      );
    }
  }
  for (const socket of sockets) {
    expect(await socket.ping()).toBe(`pong:${followed(socket.log, "a socket of alice's")}`);
  }
});

test("the heartbeat's cursor is that of the last frame", async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const socket = await alice.socket();
  const before = await socket.ping();
  expect(before).toMatch(/^pong:\d+$/);
  await bob.text(alice, "hello");
  const { data } = await socket.nextPush<Pushed>(2001, ({ msgs }) => chat in msgs);
  expect(before).toBe(`pong:${data.prev}`);
  expect(await socket.ping()).toBe(`pong:${data.cursor}`);
});

test("a conversation's socket receives and sends in that conversation only", async () => {
  const [alice, bob, chat] = await talkingPair(suite.rest);
  const carol = await signUp(suite.rest, "carol");
  const socket = await alice.socketOf(chat);
  await carol.text(alice, "elsewhere");
  const sent = await bob.text(alice, "here");
  await socket.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.at(-1)?.seq === sent.seq);
  expect(socket.log.flatMap(({ data }) => Object.keys((data as Pushed).msgs))).not.toContain(alice.chatWith(carol));
  const elsewhere = await socket.request(1003, outgoing({ user: carol.id }, { text: "?" }));
  expect(elsewhere.err_code).not.toBe(0);
  expect((await alice.pull(alice.chatWith(carol))).max_seq).toBe(1);
});

test("two refusals without a token error close 4003, if nexo was offered", async () => {
  const [alice, , chat] = await talkingPair(suite.rest);
  const mallory = await signUp(suite.rest, "mallory");
  const socket = await mallory.socketOf(chat, { by: "subprotocol" });
  expect(await socket.end()).toMatchObject({ told: { reason: "refused", code: 1007 }, closeCode: 4003 });
  const foreign = await alice.socket({ by: "subprotocol", headers: { origin: "https://evil.example" } });
  expect(await foreign.end()).toMatchObject({ told: { reason: "refused" }, closeCode: 4003 });
});

test("a malformed conversation_id is 1001 at the upgrade", async () => {
  const alice = await signUp(suite.rest, "alice");
  for (const id of ["nonsense", "si_b:a", "si_a:a", "sg_", "sg_a b"]) {
    const answer = await upgrade(suite.url, `/ws?token=${alice.token}&conversation_id=${encodeURIComponent(id)}`);
    expect(refused(answer, 1001)).toContain("conversation_id");
  }
});
