import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually, expectAgreement, inside, roomOf } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, pair } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ MAX_CONVERSATION_BYTES: 300_000, SEND_BURST: 1_000 });
const clock = standingClock();

test("[SEND-8] a full conversation refuses sends on every path, answers retries and continues to serve reads", async () => {
  const [alice, bob, chat] = await pair();
  const [own, room] = await Promise.all([alice.socket(), alice.roomSocket(chat)]);
  const first = outgoing(bob, "x".repeat(30_000));
  const answer = await alice.post("/msg/send", first);
  let last = await alice.send(bob, "x".repeat(30_000));
  for (let sends = 0; last.code === 0 && sends < 30; sends++) last = await alice.send(bob, "x".repeat(30_000));
  expect(last).toMatchObject({ code: 1009, status: 413 });
  expect(last.msg).toContain("full");
  for (const socket of [own, room]) expect((await socket.request(1003, outgoing(bob, "x"))).err_code).toBe(1009);
  await evictDurableObject(roomOf(chat));
  expect((await bob.send(alice, "x")).code).toBe(1009);
  expect((await alice.post("/msg/send", first)).raw).toBe(answer.raw);
  const { max_seq, messages } = await bob.pull(chat);
  expect(messages.length).toBe(max_seq);
  await bob.read(chat, max_seq);
  expect(await bob.readState(chat)).toMatchObject({ read_seq: max_seq, unread_count: 0 });
  await eventually(() => expectAgreement(chat, [alice, bob]));
  expect(await inside(roomOf(chat), (_, { storage }) => storage.sql.databaseSize)).toBeLessThan(400_000);
  // Another conversation of the same two users is not affected.
  expect((await bob.send(await makeGroup(alice, bob), "x")).code).toBe(0);
});

test("[SEND-6] send_at and server_msg_id never decrease, even if the clock goes back and the object restarts", async () => {
  const [alice, bob, chat] = await pair();
  for (const step of [0, -3_600_000, 1, -5, 0, 7_200_000, -1]) {
    clock.now += step;
    await alice.text(bob);
    await bob.text(alice);
    await evictDurableObject(roomOf(chat));
  }
  const { messages } = await alice.pull(chat);
  expect(messages.length).toBe(15);
  for (const [index, message] of messages.entries()) {
    const before = messages[index - 1];
    expect(message.send_at).toBeGreaterThanOrEqual(before?.send_at ?? 0);
    expect(message.server_msg_id).toBeGreaterThan(before?.server_msg_id ?? 0);
    expect(Number.isSafeInteger(message.server_msg_id)).toBe(true);
  }
  await eventually(() => expectAgreement(chat, [alice, bob]));
  expect((await alice.list())[0]).toMatchObject({ updated_at: messages.at(-1)?.send_at });
});
