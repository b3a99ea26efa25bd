import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { inboxOf, roomOf } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

const RATE = 10;
const BURST = 40;
settings({ SEND_RATE_PER_SECOND: RATE, SEND_BURST: BURST, STRANGERS_PER_HOUR: 5, NEW_GROUPS_PER_DAY: 3 });

/** A stopped clock, so that every budget can be counted to the exact message. */
const clock = standingClock();

/** The number of sends that succeed over all paths at once, until each path is refused. */
async function flood(who: Person, to: Person, chat: string, each: number): Promise<number> {
  const [own, second, room, third] = await Promise.all([
    who.socket(),
    who.socket(),
    who.roomSocket(chat),
    who.roomSocket(chat),
  ]);
  const tries = Array.from({ length: each }, () => 0);
  const codes = await Promise.all([
    ...tries.map(() => who.send(to, "x").then(({ code }) => code)),
    ...[own, second, room, third].flatMap((socket) =>
      tries.map(() => socket.request(1003, outgoing(to, "x")).then(({ err_code }) => err_code)),
    ),
  ]);
  expect(new Set(codes)).toEqual(new Set([0, 1006]));
  return codes.filter((code) => code === 0).length;
}

test("[RATE-1] over REST and four sockets together a user sends at most burst and rate", async () => {
  const [alice, bob, chat] = await pair();
  // A stopped clock, and the first message of the pair.
  let sent = 1 + (await flood(alice, bob, chat, 30));
  expect(sent).toBeLessThanOrEqual(BURST);
  expect(sent).toBeGreaterThanOrEqual(BURST / 2);
  clock.now += 1_000;
  sent += await flood(alice, bob, chat, 20);
  expect(sent).toBeLessThanOrEqual(BURST + RATE);
  clock.now += 11_000;
  const after = await flood(alice, bob, chat, 30);
  expect(after).toBeLessThanOrEqual(BURST);
  expect(sent + after).toBeLessThanOrEqual(BURST + 12 * RATE);
  expect((await bob.readState(chat)).max_seq).toBe(sent + after);
});

test("[RATE-1] unused grants of sockets count as sent", async () => {
  const [alice, bob, chat] = await pair();
  const rooms = await Promise.all([1, 2, 3].map(() => alice.roomSocket(chat)));
  // Long enough to refill the budget, not long enough for the grants to expire.
  clock.now += 9_000;
  const codes: number[] = [];
  for (let at = 0; at < BURST; at++) codes.push((await alice.send(bob, "x")).code);
  for (const room of rooms) {
    for (let at = 0; at < BURST; at++) codes.push((await room.request(1003, outgoing(bob, "x"))).err_code);
  }
  expect(codes.filter((code) => code === 0).length).toBeLessThanOrEqual(BURST);
  expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(BURST / 2);
});

test("[RATE-1] a refusal says when to retry; a conversation's socket that hibernates gets no new grant", async () => {
  const [alice, bob, chat] = await pair();
  const room = await alice.roomSocket(chat);
  let got = 0;
  for (let wake = 0; wake < 8; wake++) {
    for (let at = 0; at < 10; at++) if ((await room.request(1003, outgoing(bob, "x"))).err_code === 0) got++;
    await evictDurableObject(roomOf(chat));
  }
  expect(got).toBeLessThan(BURST);
  const own = await alice.socket();
  for (let at = 0; at < BURST; at++) await own.request(1003, outgoing(bob, "x"));
  const refused = await alice.send(bob, "x");
  expect(refused).toMatchObject({ code: 1006, status: 429 });
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
  // A forgotten grant is lost: the user can send less than the burst, never more.
  const { max_seq } = await bob.readState(chat);
  expect(max_seq).toBeLessThanOrEqual(BURST);
  expect(max_seq).toBeGreaterThanOrEqual(BURST / 2);
});

test("[SEND-3] [RATE-1] a retry is answered over the rate, and spends none of it", async () => {
  const [alice, bob, chat] = await pair();
  const body = outgoing(bob, "once");
  const first = await alice.post("/msg/send", body);
  const room = await alice.roomSocket(chat);
  const own = await alice.socket();
  for (let at = 0; at < BURST; at++) await own.request(1003, outgoing(bob, "x"));
  expect((await alice.send(bob, "x")).code).toBe(1006);
  for (let at = 0; at < BURST; at++) expect((await alice.post("/msg/send", body)).raw).toBe(first.raw);
  const { seq } = ok(first) as { seq: number };
  for (const socket of [own, room]) {
    for (let at = 0; at < BURST; at++) expect((await socket.request(1003, body)).data).toMatchObject({ seq });
  }
  clock.now += 10_000 + (1_000 * BURST) / RATE;
  for (let at = 0; at < BURST; at++) await alice.post("/msg/send", body);
  expect((await alice.send(bob, "x")).code).toBe(0);
});

test("[SEND-3] [RATE-1] a send that the conversation refuses spends nothing of the budget", async () => {
  const [alice, bob] = await people("alice", "bob");
  const group = await makeGroup(bob);
  for (let at = 0; at < 2 * BURST; at++) expect((await alice.send(group, "x")).code).toBe(3003);
  expect((await alice.send(bob, "x")).code).toBe(0);
});

test("[RATE-1] first messages that are refused cost as much as others, to unknown users and to users who block", async () => {
  const [alice, bob, blocker] = await people("alice", "bob", "blocker");
  ok(await blocker.post("/user/block", { user_id: alice.id }));
  const nobody = { ...outgoing(bob, "x"), recv_id: "nobody" };
  for (let at = 0; at < BURST / 2; at++) {
    expect((await alice.post("/msg/send", nobody)).code).toBe(2006);
    expect((await alice.send(blocker, "x")).code).toBe(3011);
  }
  for (const refused of [
    await alice.post("/msg/send", nobody),
    await alice.send(blocker, "x"),
    await alice.send(bob, "x"),
  ]) {
    expect(refused.code).toBe(1006);
  }
  clock.now += 1_000;
  expect((await alice.send(bob, "x")).code).toBe(0);
});

test("[RATE-2] new single chats an hour: races, a restart and old chats cannot bypass the limit", async () => {
  const [alice, ...others] = await people("alice", ..."123456789".split("").map((n) => `other${n}`));
  const codes = await Promise.all(others.map((other) => alice.send(other, "hi").then(({ code }) => code)));
  expect(codes.filter((code) => code === 0).length).toBe(5);
  expect(codes.filter((code) => code === 1006).length).toBe(4);
  await evictDurableObject(inboxOf(alice));
  const known = others.filter((_, index) => codes[index] === 0);
  const unknown = others.filter((_, index) => codes[index] !== 0);
  for (const other of known) expect((await alice.send(other, "again")).code).toBe(0);
  const stranger = unknown[0];
  if (!stranger) throw new Error("nobody is left");
  expect((await alice.send(stranger, "hi")).code).toBe(1006);
  const room = await alice.roomSocket(alice.chatWith(stranger));
  expect((await room.request(1003, outgoing(stranger, "hi"))).err_code).toBe(1006);
  // Receiving messages spends nothing.
  ok(await stranger.send(alice, "you are slow"));
  expect((await alice.send(stranger, "so I am")).code).toBe(0);
  clock.now += 3_600_001;
  for (const other of unknown.slice(1, 4)) expect((await alice.send(other, "hi")).code).toBe(0);
});

test("[RATE-2] [RATE-6] groups a day: racing creates cannot bypass the limit, and a repeated create costs nothing", async () => {
  const [owner] = await people("owner");
  const create = (id: string) => owner.post("/group/create", { name: "g", client_group_id: id });
  const codes = await Promise.all(["a", "b", "c", "d", "e"].map((id) => create(id).then(({ code }) => code)));
  expect(codes.filter((code) => code === 0).length).toBe(3);
  expect(codes.filter((code) => code === 1006).length).toBe(2);
  const made = "abcde"[codes.indexOf(0)] ?? "";
  expect((await create(made)).code).toBe(0);
  await evictDurableObject(inboxOf(owner));
  clock.now += 3_600_000;
  const refused = await create("f");
  expect(refused).toMatchObject({ code: 1006, status: 429 });
  expect(refused.headers.get("Retry-After")).toBe(String(23 * 3_600));
  clock.now += 23 * 3_600_000 - 1;
  expect((await create("f")).headers.get("Retry-After")).toBe("1");
  clock.now += 1;
  expect((await create("f")).code).toBe(0);
});
