import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { conversationFails, standingClock } from "../../helpers/workers/faults.ts";
import { eventually, inboxOf, inside, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { type Person, pair, WEB } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";
import type { TestSocket } from "../../helpers/workers/socket.ts";

const MAX = 3;
settings({ MAX_SOCKETS_PER_USER: MAX, TOKEN_LIFETIME_HOURS: 168 });
const clock = standingClock();
let unreachable = false;
conversationFails("signs", () => unreachable);

const HOUR = 3_600_000;
const PHONE = 1;

type Item = { status: number };
const statusOf = async (viewer: Person, whom: Person) =>
  ok(await viewer.post<Item[]>("/user/get_users_online_status", { user_ids: [whom.id] }))[0]?.status;
const offline = (socket: TestSocket) =>
  socket.push<{ items: Item[] }>(2005, ({ items }) => items.every(({ status }) => status === 0));
const pinged = async (socket: TestSocket) => {
  await socket.ping();
  return socket;
};

test("[PRES-4] a user whose only socket was a conversation's is offline after a crash", async () => {
  const [alice, bob, chat] = await pair();
  await bob.roomSocket(chat);
  const watcher = await alice.socket();
  const { data } = await watcher.request<{ items: Item[] }>(1010, { user_ids: [bob.id] });
  expect(data.items).toMatchObject([{ status: 1 }]);
  await abortAllDurableObjects();
  expect(await statusOf(alice, bob)).toBe(0);
  expect(await rows(inboxOf(bob), "SELECT socket_id FROM room_sockets")).toEqual([]);
});

test("[PRES-4] the alarm updates watchers, also if only the conversation crashed", async () => {
  const [alice, bob, chat] = await pair();
  await bob.roomSocket(chat);
  const watcher = await alice.socket();
  await watcher.request(1010, { user_ids: [bob.id] });
  await inside(roomOf(chat), (_, state) => state.abort("a crash caused by a test")).catch(() => undefined);
  clock.now += 60_000;
  expect(await ring(inboxOf(bob))).toBe(true);
  await offline(watcher);
});

test("[PRES-4] neither a conversation's socket nor a user's socket counts when its client left without a close", async () => {
  for (const kind of ["own", "room"] as const) {
    const [alice, bob, chat] = await pair();
    await pinged(await (kind === "own" ? bob.socket() : bob.roomSocket(chat)));
    const watcher = await alice.socket();
    await watcher.request(1010, { user_ids: [bob.id] });
    clock.now += 99_000;
    expect(await statusOf(alice, bob)).toBe(1);
    clock.now += 60_000;
    expect(await statusOf(alice, bob)).toBe(0);
    expect(await ring(inboxOf(bob))).toBe(true);
    await offline(watcher);
  }
});

test("[PRES-4] sockets of a conversation that is temporarily unreachable stay online", async () => {
  const [alice, bob, chat] = await pair();
  await bob.roomSocket(chat);
  unreachable = true;
  try {
    expect(await statusOf(alice, bob)).toBe(1);
  } finally {
    unreachable = false;
  }
});

test("[PRES-4] [LOGIN-3] an expired login makes nobody look online, and its sockets make room", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await bob.on(PHONE);
  const sockets = await Promise.all(Array.from({ length: MAX }, () => phone.roomSocket(chat)));
  clock.now += 100 * HOUR;
  const [web, viewer] = [await bob.on(WEB), await alice.on(PHONE)];
  clock.now += 70 * HOUR;
  expect(await statusOf(viewer, bob)).toBe(0);
  await Promise.all(Array.from({ length: MAX }, () => web.socket()));
  for (const socket of sockets) {
    expect(await socket.push(2002)).toEqual({ reason: "expired", code: 2002 });
    expect(await socket.closed).toMatchObject({ code: 4001 });
  }
});

test("[SOCK-5] sockets that pinged once and went silent lock nobody out; active sockets keep their places", async () => {
  for (const kind of ["own", "room"] as const) {
    const [, bob, chat] = await pair();
    const open = () => (kind === "own" ? bob.socket() : bob.roomSocket(chat));
    const first: TestSocket[] = [];
    for (let at = 0; at < MAX; at++) first.push(await pinged(await open()));
    clock.now += 60_000;
    // A frame counts as a sign of life, too.
    await first[1]?.request(1001, {});
    clock.now += 39_000;
    await expect(open()).rejects.toThrow("5001");
    clock.now += 1_000;
    await Promise.all([open(), open()]);
    for (const gone of [first[0], first[2]]) expect(await gone?.closed).toMatchObject({ code: 4008 });
    await expect(open()).rejects.toThrow("5001");
    expect((await first[1]?.request(1001, {}))?.err_code).toBe(0);
  }
});

test("[SOCK-5] the socket that was silent longest is closed, over an eviction and with both kinds", async () => {
  const [, bob, chat] = await pair();
  const oldest = await bob.roomSocket(chat);
  clock.now += 1_000;
  for (let at = 1; at < MAX; at++) await bob.socket();
  await evictAllDurableObjects();
  clock.now += 100_000;
  await bob.socket();
  expect(await oldest.closed).toMatchObject({ code: 4008 });
  await eventually(async () => expect(await rows(inboxOf(bob), "SELECT socket_id FROM room_sockets")).toEqual([]));
});
