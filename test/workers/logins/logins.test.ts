import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { HELD_SOCKET_CALLS } from "../../../src/core/calls.ts";
import { signToken } from "../../../src/middleware/tokens.ts";
import { ok } from "../../helpers/workers/api.ts";
import { aroundCall } from "../../helpers/workers/calls.ts";
import { conversationFails, standingClock } from "../../helpers/workers/faults.ts";
import { alarmOf, eventually, inboxOf, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { changePassword, loginBy, outgoing, PASSWORD, type Person, pair, WEB } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ FLOOD_LIMITS: "off", SEND_BURST: 100, SEND_RATE_PER_SECOND: 1 });
const clock = standingClock();
let unreachable = false;
conversationFails("loginEnded", () => unreachable);
conversationFails("loginExtended", () => unreachable);
afterEach(() => {
  unreachable = false;
});

const PHONE = 1;
const HOUR = 3_600_000;

/** Every way in which a login can end, for a user with another login. */
const ways: [reason: string, end: (who: Person, other: Person) => Promise<unknown>][] = [
  ["new_login", (who) => loginBy(who.id, PASSWORD, WEB).then(ok)],
  ["logout", (who) => who.post("/auth/logout").then(ok)],
  ["password", (_, other) => changePassword(other).then(ok)],
];
const states: [state: string, before: (chat: string, who: Person) => Promise<unknown>][] = [
  ["awake", async () => undefined],
  ["evicted", (chat, who) => Promise.all([evictDurableObject(roomOf(chat)), evictDurableObject(inboxOf(who))])],
  [
    "unreachable at first",
    async () => {
      unreachable = true;
    },
  ],
];

describe.each(ways)("a login that ended by %s", (reason, end) => {
  test.each(states)(
    "[LOGIN-1] [LOGIN-2] [LOGIN-3] [LOGIN-4] is refused on every path, objects %s",
    async (_, before) => {
      const [alice, bob, chat] = await pair();
      const phone = await alice.on(PHONE);
      const [own, room, phoneOwn, phoneRoom] = await Promise.all([
        alice.socket(),
        alice.roomSocket(chat),
        phone.socket(),
        phone.roomSocket(chat),
      ]);
      await before(chat, alice);
      await end(alice, phone);
      expect(await own.push(2002)).toEqual({ reason, code: 2001 });
      expect(await own.closed).toMatchObject({ code: 4001 });
      expect((await alice.get("/user/info")).code).toBe(2001);
      expect((await alice.send(bob, "dead")).code).toBe(2001);
      expect((await alice.post("/auth/refresh")).code).toBe(2001);
      await expect(alice.socket()).rejects.toThrow("2001");
      await expect(alice.roomSocket(chat)).rejects.toThrow("2001");
      if (unreachable) {
        // The inbox retries by its alarm, also after its own restart.
        expect(await alarmOf(inboxOf(alice))).toBeLessThanOrEqual(clock.now + 3_000);
        await ring(inboxOf(alice));
        await evictDurableObject(inboxOf(alice));
        expect(await alarmOf(inboxOf(alice))).toBeGreaterThan(clock.now);
        unreachable = false;
        await ring(inboxOf(alice));
      }
      expect(await room.push(2002)).toEqual({ reason, code: 2001 });
      expect(await room.closed).toMatchObject({ code: 4001 });
      expect(await rows(inboxOf(alice), "SELECT ended FROM room_sockets WHERE ended IS NOT NULL")).toEqual([]);
      await bob.text(alice, "who hears this?");
      for (const socket of [phoneOwn, phoneRoom]) {
        await socket.push(2001);
        expect(socket.log.map(({ req_identifier }) => req_identifier)).not.toContain(2002);
      }
      expect([own.pushedSeqs(), room.pushedSeqs()]).toEqual([[], []]);
      expect((await phone.get("/user/info")).code).toBe(0);
    },
  );
});

test("[LOGIN-4] while its conversation is unreachable, an ended login sends at most its grant", async () => {
  const [alice, bob, chat] = await pair();
  const room = await alice.roomSocket(chat);
  unreachable = true;
  ok(await alice.post("/auth/logout"));
  const codes = new Set<number>();
  const grant = 0.2 * 100;
  const posted = Array.from({ length: grant + 5 }, () => room.post(1003, outgoing(bob, "x")));
  for (const id of posted.slice(0, grant)) codes.add((await room.answer(id)).err_code);
  expect(codes).toEqual(new Set([0]));
  expect(await room.closed).toMatchObject({ code: 4001 });
  expect((await bob.readState(chat)).max_seq).toBe(1 + grant);
});

test("[LOGIN-3] an expired login: REST says so; sockets get the reason at their next frame or push, and are closed", async () => {
  const [alice, bob, chat] = await pair();
  const secret = new TextEncoder().encode(env.JWT_SECRET);
  const claims = { ...alice.login, issued_at: 1, exp: 2 };
  const expired = alice.with(await signToken(secret, claims));
  expect(await expired.get("/user/info")).toMatchObject({ code: 2002, status: 401 });
  const sockets = await Promise.all([alice.socket(), alice.roomSocket(chat), alice.socket(), alice.roomSocket(chat)]);
  const [asking, askingRoom, hearing, hearingRoom] = sockets;
  clock.now += 169 * HOUR;
  await Promise.all([evictDurableObject(roomOf(chat)), evictDurableObject(inboxOf(alice))]);
  for (const socket of [asking, askingRoom]) socket.post(1006, { conversation_id: chat });
  await Promise.all([asking.closed, askingRoom.closed]);
  const other = await bob.on(PHONE);
  await other.text(alice, "unheard");
  await Promise.all([hearing.closed, hearingRoom.closed]);
  for (const socket of sockets) {
    expect(await socket.push(2002)).toEqual({ reason: "expired", code: 2002 });
    expect(await socket.closed).toMatchObject({ code: 4001 });
    expect(socket.log.length).toBe(1);
  }
});

test("[LOGIN-3] [LOGIN-6] a refresh that did not reach the conversation still keeps its socket", async () => {
  const [alice, bob, chat] = await pair();
  const room = await alice.roomSocket(chat);
  clock.now += 100 * HOUR;
  unreachable = true;
  const { token } = ok(await alice.post<{ token: string }>("/auth/refresh"));
  unreachable = false;
  clock.now += 100 * HOUR;
  const other = await bob.on(PHONE);
  await other.text(alice, "missed while the login is checked");
  const { seq } = await eventually(async () => {
    const heard = await other.text(alice, "heard");
    expect(room.pushedSeqs()).toContain(heard.seq);
    return heard;
  });
  expect((await room.request<{ max_seq: number }>(1006, { conversation_id: chat })).data.max_seq).toBe(seq);
  expect((await alice.with(token).get("/user/info")).code).toBe(0);
});

test("[LOGIN-6] [LOGIN-2] racing refreshes get one answer; the old token can only repeat it, for a minute", async () => {
  const [alice, bob, chat] = await pair();
  const [own, room] = await Promise.all([alice.socket(), alice.roomSocket(chat)]);
  clock.now += 100 * HOUR;
  const answers = await Promise.all([1, 2, 3].map(() => alice.post<{ token: string }>("/auth/refresh")));
  const [first] = answers;
  if (!first) throw new Error("no answer");
  const { token } = ok(first);
  expect(new Set(answers.map(({ raw }) => raw)).size).toBe(1);
  for (const path of ["/auth/logout", "/auth/password"]) {
    expect((await alice.post(path, { old_password: PASSWORD, new_password: "another" })).code).toBe(2001);
  }
  expect((await alice.get("/user/info")).code).toBe(2001);
  await expect(alice.socket()).rejects.toThrow("2001");
  clock.now += 59_000;
  await evictDurableObject(inboxOf(alice));
  expect((await alice.post("/auth/refresh")).raw).toBe(first.raw);
  clock.now += 2_000;
  expect((await alice.post("/auth/refresh")).code).toBe(2001);
  // The login's sockets stay open after the first token would have expired.
  clock.now += 100 * HOUR;
  await evictDurableObject(roomOf(chat));
  await alice.with(token).text(bob);
  for (const socket of [own, room]) await socket.push(2001);
  expect((await room.request(1003, outgoing(bob, "x"))).err_code).toBe(0);
  expect((await own.request(1003, outgoing(bob, "x"))).err_code).toBe(0);
});

test("[LOGIN-5] a login that ends while its socket is opening gets none", async () => {
  const [alice, , chat] = await pair();
  let [asked, released] = [false, false];
  aroundCall("inboxes", HELD_SOCKET_CALLS.open, async (_, answer) => {
    const grant = await answer();
    asked = true;
    while (!released) await scheduler.wait(2);
    return grant;
  });
  const opening = expect(alice.roomSocket(chat)).rejects.toThrow("2001");
  await eventually(() => expect(asked).toBe(true));
  ok(await alice.post("/auth/logout"));
  released = true;
  await opening;
  expect(await rows(inboxOf(alice), "SELECT socket_id FROM room_sockets")).toEqual([]);
});

test("[LOGIN-5] openings that race a logout are refused, or get the reason and are closed", async () => {
  const [, bob, chat] = await pair();
  for (let round = 0; round < 5; round++) {
    const phone = await bob.on(PHONE);
    const opening = [phone.socket(), phone.roomSocket(chat), phone.socket(), phone.roomSocket(chat)];
    const [, ...opened] = await Promise.allSettled([phone.post("/auth/logout"), ...opening]);
    for (const one of opened) {
      if (one.status === "rejected") expect(String(one.reason)).toContain("2001");
      else expect(await one.value.closed).toMatchObject({ code: 4001 });
    }
  }
});
