import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually, inboxOf, roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

const DAY = 86_400_000;
const A_DAY = 100_000;
const TEXT = "x".repeat(9_000);
const BYTES = JSON.stringify({ text: TEXT }).length;
const FIT = Math.ceil(A_DAY / BYTES);
settings({ SEND_BYTES_PER_DAY: A_DAY, SEND_BURST: 1_000 });

const clock = standingClock();
// Days begin at midnight UTC.
clock.now = Math.ceil(clock.now / DAY) * DAY;

test("[RATE-5] [SEND-3] the bytes of a day are counted over REST, sockets, conversations, notices and restarts", async () => {
  const [alice, bob, chat] = await pair();
  const group = await makeGroup(alice, bob);
  const known = outgoing(bob, TEXT);
  const first = await alice.post("/msg/send", known);
  const [own, room] = await Promise.all([alice.socket(), alice.roomSocket(chat)]);
  const codes: number[] = [first.code];
  for (let time = 0; time < FIT; time++) {
    codes.push((await alice.send(time % 2 === 0 ? group : bob, TEXT)).code);
    codes.push((await own.request(1003, outgoing(bob, TEXT))).err_code);
    codes.push((await room.request(1003, outgoing(bob, TEXT))).err_code);
    // The inbox learns of sends on the conversation's socket from the conversation's update.
    const { max_seq } = await alice.readState(chat);
    await eventually(async () => expect((await alice.entry(chat))?.max_seq).toBe(max_seq));
    await evictDurableObject(inboxOf(alice), { webSockets: "hibernate" });
    await evictDurableObject(roomOf(chat), { webSockets: "hibernate" });
  }
  expect(codes.filter((code) => code === 0).length).toBe(FIT);
  expect(new Set(codes)).toEqual(new Set([0, 1006]));
  const refused = await alice.send(bob, "one word");
  expect(refused.headers.get("Retry-After")).toBe(String(DAY / 1_000));
  expect((await alice.post("/msg/send", known)).raw).toBe(first.raw);
  expect((await bob.send(alice, "your day is spent, mine is not")).code).toBe(0);
  clock.now += DAY;
  expect((await alice.send(bob, TEXT)).code).toBe(0);
});

test("[RATE-5] once the day is spent, a socket sends only what it was granted before", async () => {
  const [alice, bob, chat] = await pair();
  const room = await alice.roomSocket(chat);
  while ((await alice.send(bob, TEXT)).code === 0);
  clock.now += 10_000;
  for (let time = 0; time < 5; time++) {
    expect((await room.request(1003, outgoing(bob, TEXT))).err_code).toBe(1006);
    clock.now += 1_000;
  }
});

test("[RATE-5] the count costs no row of its own, and leaving a group and returning does not reset it", async () => {
  const [owner, alice] = await people("owner", "alice");
  const group = await makeGroup(owner, alice);
  await alice.text(group, TEXT);
  await alice.post("/group/quit", { group_id: group.group_id });
  await alice.post("/group/join", { group_id: group.group_id });
  await alice.text(group, TEXT);
  const [{ sent } = { sent: 0 }] = await rows<{ sent: number }>(
    inboxOf(alice),
    "SELECT sum(day_bytes) AS sent FROM conversations",
  );
  expect(sent).toBeGreaterThan(2 * BYTES);
});
