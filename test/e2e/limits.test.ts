import { expect, test } from "vitest";
import { ok, refused } from "../helpers/node/checks.ts";
import { cast, pair, talkingPair } from "../helpers/node/people.ts";
import { upTo, useServer } from "../helpers/node/suite.ts";
import { upgrade } from "../helpers/node/upgrade.ts";
import { outgoing } from "../helpers/node/wire.ts";

/** Settings low enough to be reached. */
const burst = 10;
const suite = useServer({
  MAX_SOCKETS_PER_USER: "3",
  STRANGERS_PER_HOUR: "2",
  SEND_RATE_PER_SECOND: "1",
  SEND_BURST: `${burst}`,
  MAX_FRAME_BYTES: "10000",
});

test("the number of a user's sockets is limited, both kinds together; the next is 5001, and closing one makes room", async () => {
  const [alice, , chat] = await talkingPair(suite.rest);
  const [first] = await Promise.all([alice.socket(), alice.socket(), alice.socketOf(chat)]);
  const query = `/ws?token=${alice.token}`;
  refused(await upgrade(suite.url, query), 5001);
  refused(await upgrade(suite.url, `${query}&conversation_id=${chat}`), 5001);
  const told = await alice.socket({ by: "subprotocol" });
  expect(await told.end()).toMatchObject({ told: { code: 5001 }, closeCode: 4003 });
  await first.close();
  ok(await (await alice.socket()).request(1001, {}));
});

test("new chats an hour are limited; the next is 1006 with Retry-After, existing chats still work", async () => {
  const [alice, bob, carol, dave] = await cast(suite.rest, "alice", "bob", "carol", "dave");
  for (const known of [bob, carol]) await alice.text(known, "…");
  const third = await alice.rest.post("/msg/send", outgoing({ user: dave.id }, { text: "…" }));
  refused(third, 1006);
  expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
  await expect(alice.text(dave, "…")).rejects.toMatchObject({ retryable: true, retryAfter: expect.any(Number) });
  await alice.text(bob, "…");
  expect((await dave.api.conversation.list()).items).toEqual([]);
});

test("a user never exceeds rate and burst over all paths together; refused messages are not stored", async () => {
  const [alice, bob, chat] = await pair(suite.rest);
  const begun = Date.now();
  await alice.text(bob, "first");
  const sockets = await Promise.all([alice.socket(), alice.socketOf(chat)]);
  const body = () => outgoing({ user: bob.id }, { text: "…" });
  const codes = await Promise.all(
    upTo(10).flatMap(() => [
      alice.rest.post("/msg/send", body()).then(({ code }) => code),
      ...sockets.map((socket) => socket.request(1003, body()).then(({ err_code }) => err_code)),
    ]),
  );
  const seconds = Math.ceil((Date.now() - begun) / 1000);
  const sent = 1 + codes.filter((code) => code === 0).length;
  expect(new Set(codes)).toEqual(new Set([0, 1006]));
  expect(sent).toBeLessThanOrEqual(burst + seconds);
  expect((await bob.pull(chat)).max_seq).toBe(sent);
});

test("a retry of a stored message is answered even if the budget is spent", async () => {
  const [alice, bob] = await pair(suite.rest);
  const body = outgoing({ user: bob.id }, { text: "early" });
  const first = await alice.rest.post("/msg/send", body);
  ok(first);
  let spent = first;
  while (spent.code === 0) spent = await alice.rest.post("/msg/send", outgoing({ user: bob.id }, { text: "…" }));
  refused(spent, 1006);
  expect((await alice.rest.post("/msg/send", body)).raw).toBe(first.raw);
});

test("the largest frame is a setting", async () => {
  const [alice] = await cast(suite.rest, "alice");
  const socket = await alice.socket();
  const frame = (padding: number) =>
    JSON.stringify({ req_identifier: 4242, msg_incr: "f", data: { pad: "x".repeat(padding) } });
  socket.send(frame(9_000));
  refused(await socket.answer("f"), 5003);
  socket.send(frame(10_000));
  expect((await socket.end()).closeCode).toBe(1009);
});
