import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import type { Answer } from "../../helpers/workers/api.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { deliver, inboxOf, inside, roomOf, sendFrames } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";
import { upgrade } from "../../helpers/workers/socket.ts";

const REQUESTS = { rate: 20, burst: 60 };
const SENDS = { rate: 10, burst: 40 };
const STRANGERS = 10;
settings({
  REQUEST_RATE_PER_SECOND: REQUESTS.rate,
  REQUEST_BURST: REQUESTS.burst,
  SEND_RATE_PER_SECOND: SENDS.rate,
  SEND_BURST: SENDS.burst,
  STRANGERS_PER_HOUR: STRANGERS,
});

/** A stopped clock, so that every budget can be counted to the exact request. */
const clock = standingClock();
const TRIES = 3 * REQUESTS.burst;
const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const passed = (codes: readonly number[]) => codes.filter((code) => code !== 1006).length;

/** Waits as long as a refusal says, and checks that a retry just before that is refused. */
async function expectHonest(ask: () => Promise<Answer<unknown>>): Promise<void> {
  const refused = await ask();
  expect(refused).toMatchObject({ code: 1006, status: 429 });
  const seconds = Number(refused.headers.get("Retry-After"));
  expect(seconds).toBeGreaterThan(0);
  clock.now += (seconds - 1) * 1_000;
  if (seconds > 1) expect((await ask()).code).toBe(1006);
  clock.now += 1_000;
  expect((await ask()).code).not.toBe(1006);
}

/** The names of conversations that were called while some work ran. */
async function roomsAsked(work: () => Promise<unknown>): Promise<number> {
  const prototype: DurableObjectNamespace = Object.getPrototypeOf(env.CONVERSATION);
  const spy = vi.spyOn(prototype, "getByName");
  await work();
  const names = new Set(spy.mock.calls.map(([name]) => name).filter((name) => /^s[ig]_/.test(name)));
  spy.mockRestore();
  return names.size;
}

test("[SEND-5] on both sockets no refusal, and no answer to typing, overtakes the answers before it", async () => {
  const [alice, bob, chat] = await pair();
  for (const stub of [inboxOf(alice), roomOf(chat)]) {
    clock.now += 60_000;
    const socket = await alice.socket(stub.id.equals(roomOf(chat).id) ? { conversation_id: chat } : {});
    const frames = times(20).flatMap(() => [
      [1003, outgoing(bob, "x")],
      [1005, { conversation_id: chat }],
      [1008, { conversation_id: chat, typing: true }],
      [1005, { conversation_id: chat, limit: -1 }],
      [1007, { conversation_id: chat, read_seq: 1 }],
      [1003, { ...outgoing(bob, "x"), msg_type: 1_001 }],
      [1003, { ...outgoing(bob, "x"), client_msg_id: "" }],
    ]);
    await deliver(
      stub,
      frames.map(([req_identifier, data], at) => JSON.stringify({ req_identifier, msg_incr: `r${at}`, data })),
    );
    await socket.answer(`r${frames.length - 1}`);
    const answers = socket.log.filter(({ msg_incr }) => msg_incr !== "");
    expect(answers.map(({ msg_incr }) => msg_incr)).toEqual(frames.map((_, at) => `r${at}`));
    expect(new Set(answers.map(({ err_code }) => err_code))).toEqual(new Set([0, 1001, 1006]));
  }
});

describe("every kind of request", () => {
  const invented = (n: number) => `sg_invented-${n}`;
  const kinds: [string, (who: Person, n: number) => Promise<Answer<unknown>>][] = [
    ["profiles looked at", (who) => who.get(`/user/profile/${who.id}`)],
    ["profiles changed", (who, n) => who.put("/user/update", { nickname: `n${n}` })],
    ["users looked up", (who) => who.post("/user/batch_info", { user_ids: [who.id] })],
    ["presence", (who) => who.post("/user/get_users_online_status", { user_ids: [who.id] })],
    ["syncs", (who) => who.get("/sync", { since: 0 })],
    ["lists", (who) => who.get("/conversation/list")],
    ["totals", (who) => who.get("/conversation/unread_count")],
    [
      "read states of invented ids",
      (who, n) => who.get("/conversation/max_read_seq", { conversation_id: invented(n) }),
    ],
    ["pulls of invented ids", (who, n) => who.get("/msg/pull", { conversation_id: invented(n) })],
    ["newest seqs of invented ids", (who, n) => who.get("/msg/max_seq", { conversation_id: invented(n) })],
    ["infos of invented ids", (who, n) => who.get("/conversation/info", { conversation_id: invented(n) })],
    ["marks of invented ids", (who, n) => who.read(invented(n), 1)],
    ["invented groups", (who, n) => who.get("/group/info", { group_id: `invented-${n}` })],
    ["sends to invented groups", (who, n) => who.send({ group_id: `invented-${n}` }, "x")],
    ["joins of invented groups", (who, n) => who.post("/group/join", { group_id: `invented-${n}` })],
    ["refreshes", (who) => who.post("/auth/refresh")],
  ];

  test.each(kinds)(
    "[RATE-3] [RATE-6] %s: at most the burst at once, no more objects, then as Retry-After says",
    async (_, ask) => {
      const [who] = await people("who");
      let token = who.token;
      const one = async (n: number) => {
        const answer = await ask(who.with(token), n);
        token = (answer.data as { token?: string } | null)?.token ?? token;
        return answer;
      };
      let codes: number[] = [];
      const rooms = await roomsAsked(async () => {
        for (const n of times(TRIES)) codes = [...codes, (await one(n)).code];
      });
      expect(passed(codes)).toBeGreaterThan(0);
      expect(passed(codes)).toBeLessThanOrEqual(REQUESTS.burst);
      expect(rooms).toBeLessThanOrEqual(REQUESTS.burst);
      await expectHonest(() => one(TRIES));
    },
  );

  test("[RATE-3] sockets of invented conversations start no more objects than the burst", async () => {
    const [who] = await people("who");
    const rooms = await roomsAsked(async () => {
      for (const n of times(TRIES)) await upgrade({ token: who.token, conversation_id: invented(n) });
    });
    expect(rooms).toBeLessThanOrEqual(REQUESTS.burst);
    const refused = await upgrade({ token: who.token });
    expect([refused.status, Number(refused.headers.get("Retry-After"))]).toEqual([429, 1]);
  });

  test.each([
    ["newest seqs", 1001, 1],
    ["presence", 1010, 1],
    ["pulls by range", 1005, 2],
    ["read states", 1006, 2],
    ["marks", 1007, 2],
    ["typing", 1008, 2],
    ["syncs", 1009, 2],
  ] as const)("[RATE-3] %s over the user's socket cost what they cause", async (_, frame, cost) => {
    const [alice, , chat] = await pair();
    const socket = await alice.socket();
    const data = { conversation_id: chat, user_ids: [alice.id], read_seq: 1, typing: true, since: 0 };
    await evictDurableObject(inboxOf(alice));
    const codes: number[] = [];
    for (const _ of times(REQUESTS.burst + 1)) codes.push((await socket.request(frame, data)).err_code);
    expect(passed(codes)).toBe(REQUESTS.burst / cost);
  });

  test("[RATE-3] concurrent requests over all paths share one budget, and hibernation does not refill it", async () => {
    const [who, other] = await people("who", "other");
    await who.text(other);
    const socket = await who.socket();
    const codes = await Promise.all(
      times(REQUESTS.burst).flatMap((n) => [
        who.get("/sync", { since: 0 }).then(({ code }) => code),
        who.get("/msg/max_seq", { conversation_id: invented(n) }).then(({ code }) => code),
        socket.request(1009, { since: 0 }).then(({ err_code }) => err_code),
        socket.request(1006, { conversation_id: invented(n) }).then(({ err_code }) => err_code),
      ]),
    );
    expect(passed(codes)).toBeLessThanOrEqual(REQUESTS.burst / 2);
    expect(passed(codes)).toBeGreaterThan(REQUESTS.burst / 4);
  });

  test("[RATE-3] a user who sends at the full rate can still sync and pull, and can always log out", async () => {
    const [alice, bob, chat] = await pair();
    for (const _ of times(10)) {
      for (const __ of times(SENDS.rate)) ok(await alice.send(bob, "x"));
      for (const __ of times(REQUESTS.rate / 4)) {
        await alice.sync(0);
        await alice.pull(chat);
      }
      clock.now += 1_000;
    }
    while ((await alice.get("/sync", { since: 0 })).code === 0);
    ok(await alice.send(bob, "over the rate of requests"));
    expect((await alice.post("/auth/logout")).code).toBe(0);
  });

  test("[RATE-3] a malformed request is answered as malformed even over the rate, but it counts", async () => {
    const [who] = await people("who");
    const malformed = () => who.get("/msg/pull", { conversation_id: "no id" });
    for (const _ of times(REQUESTS.burst + 1)) expect((await malformed()).code).toBe(1001);
    expect((await who.get("/sync", { since: 0 })).code).toBe(1006);
  });
});

describe("on a conversation's socket", () => {
  test("[RATE-1] retries, which spend nothing, and then new messages are no more than the burst", async () => {
    const [alice, bob, chat] = await pair();
    const room = await alice.roomSocket(chat);
    const known = outgoing(bob, "known");
    await room.request(1003, known);
    // Commits that take longer than asking for a grant, so that unused sends are returned after the next grant.
    const storage: DurableObjectStorage = await inside(roomOf(chat), (_, state) =>
      Object.getPrototypeOf(state.storage),
    );
    const disk = vi.spyOn(storage, "sync").mockImplementation(() => scheduler.wait(100));
    for (const round of times(6)) {
      const retries = times(40).map(() => known);
      const fresh = times(60).map(() => outgoing(bob, "new"));
      await deliver(roomOf(chat), sendFrames(`${round}-`, [...retries, ...fresh]));
      await room.answer(`${round}-99`);
    }
    disk.mockRestore();
    expect((await bob.readState(chat)).max_seq).toBeLessThanOrEqual(SENDS.burst);
  });

  test("[RATE-1] a socket that only sends gets exactly what the rate allows, second by second", async () => {
    const [alice, bob, chat] = await pair();
    await alice.roomSocket(chat);
    for (let second = 0; second < 20; second++) {
      const frames = sendFrames(
        `${second}-`,
        times(SENDS.rate).map(() => outgoing(bob, "new")),
      );
      await deliver(roomOf(chat), frames);
      clock.now += 1_000;
    }
    await expect.poll(async () => (await bob.readState(chat)).max_seq).toBe(1 + 20 * SENDS.rate);
  });

  test("[RATE-3] pulls, marks and typing on it spend the user's one budget, too", async () => {
    const [alice, , chat] = await pair();
    const [room, second] = await Promise.all([alice.roomSocket(chat), alice.roomSocket(chat)]);
    const codes: number[] = [];
    for (const n of times(REQUESTS.burst)) {
      for (const socket of [room, second]) {
        codes.push((await socket.request(1005, { conversation_id: chat })).err_code);
        codes.push((await socket.request(1007, { conversation_id: chat, read_seq: n })).err_code);
        codes.push((await socket.request(1008, { conversation_id: chat, typing: true })).err_code);
      }
    }
    expect(passed(codes)).toBeLessThanOrEqual(REQUESTS.burst);
    expect(passed(codes)).toBeGreaterThan(REQUESTS.burst / 4);
  });

  test("[RATE-1] a socket without budget does not ask its inbox again for each frame", async () => {
    const [alice, bob, chat] = await pair();
    while ((await alice.send(bob, "x")).code === 0);
    const room = await alice.roomSocket(chat);
    const prototype: DurableObjectNamespace = Object.getPrototypeOf(env.INBOX);
    const spy = vi.spyOn(prototype, "getByName");
    for (const _ of times(300)) expect((await room.request(1003, outgoing(bob, "x"))).err_code).toBe(1006);
    expect(spy.mock.calls.filter(([name]) => name === alice.id).length).toBeLessThanOrEqual(20);
    spy.mockRestore();
  });
});

describe("retries", () => {
  test("[SEND-3] [RATE-1] [RATE-6] are answered over every rate, but have a limit of their own", async () => {
    const [alice, bob, chat] = await pair();
    const body = outgoing(bob, "once");
    const first = await alice.post("/msg/send", body);
    while ((await alice.send(bob, "x")).code === 0);
    while ((await alice.get("/sync", { since: 0 })).code === 0);
    for (const _ of times(REQUESTS.burst / 2)) expect((await alice.post("/msg/send", body)).raw).toBe(first.raw);
    const room = await alice.roomSocket(chat).catch(() => null);
    expect(room).toBeNull();
    const codes: number[] = [];
    for (const _ of times(TRIES)) codes.push((await alice.post("/msg/send", body)).code);
    expect(passed(codes)).toBeLessThan(REQUESTS.burst);
    await expectHonest(() => alice.post("/msg/send", body));
  });

  test("[SOCK-2] [SEND-3] sockets that only repeat are closed 4008, on both kinds; so are an outsider's", async () => {
    const [alice, bob, chat] = await pair();
    const body = outgoing(bob, "once");
    ok(await alice.post("/msg/send", body));
    for (const kind of ["own", "room", "outsider"] as const) {
      clock.now += 60_000;
      const socket = kind === "room" ? await alice.roomSocket(chat) : await alice.socket();
      const frames =
        kind === "outsider"
          ? times(500).map((n) =>
              JSON.stringify({ req_identifier: 1006, msg_incr: `${n}`, data: { conversation_id: "sg_no" } }),
            )
          : sendFrames(
              "again-",
              times(500).map(() => body),
            );
      let isClosed = false;
      void socket.closed.then(() => {
        isClosed = true;
      });
      for (let round = 0; round < 8 && !isClosed; round++) {
        await deliver(kind === "room" ? roomOf(chat) : inboxOf(alice), frames).catch(() => undefined);
        await scheduler.wait(20);
      }
      expect(await socket.closed, kind).toMatchObject({ code: 4008 });
    }
  });
});

describe("group operations", () => {
  test("[RATE-1] [RATE-6] each notice spends a send: mutes, updates and sends together are at most the burst", async () => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    const { group_id } = group;
    const codes: number[] = [];
    for (const n of times(SENDS.burst)) {
      codes.push((await owner.post("/group/mute", { group_id, user_id: member.id, seconds: n + 1 })).code);
      codes.push((await owner.put("/group/update", { group_id, name: `name ${n}` })).code);
      codes.push((await owner.send(group, "x")).code);
      // This test does not cover the rate of requests.
      clock.now += 1;
    }
    expect((await member.readState(group.conversation_id)).max_seq).toBeLessThanOrEqual(SENDS.burst + 1);
    expect(codes).toContain(1006);
    for (const _ of times(SENDS.burst)) await owner.send(group, "x");
    clock.now += 10_000;
    for (const _ of times(SENDS.burst)) ok(await owner.send(group, "x"));
    const mute = () => owner.post("/group/mute", { group_id, user_id: member.id, seconds: 1 });
    await expectHonest(mute);
    // Another refusal comes first, and spends none.
    expect((await member.post("/group/mute", { group_id, user_id: owner.id, seconds: 1 })).code).toBe(3007);
  });

  test("[RATE-1] an operation without a notice spends no send", async () => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    for (const _ of times(3 * SENDS.burst)) {
      expect((await member.post("/group/dismiss", { group_id: group.group_id })).code).toBe(3006);
      clock.now += 100;
    }
    clock.now -= 100;
    for (const _ of times(SENDS.burst)) ok(await member.send(group, "x"));
  });

  test("[RATE-4] [RATE-6] a group can be joined or left ten times an hour, over restarts; each group counts separately", async () => {
    const [owner, other, stranger] = await people("owner", "other", "stranger");
    const [group, second] = [await makeGroup(owner), await makeGroup(other)];
    const move = async (n: number, { group_id } = group) => {
      clock.now += 1_000;
      if (n % 3 === 0) await evictDurableObject(inboxOf(stranger));
      return await stranger.post(n % 2 === 0 ? "/group/join" : "/group/quit", { group_id });
    };
    for (const n of times(10)) expect((await move(n)).code).toBe(0);
    const refused = await move(10);
    expect(refused).toMatchObject({ code: 1006, status: 429 });
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(3_500);
    expect((await move(0, second)).code).toBe(0);
    await expectHonest(() => stranger.post("/group/join", { group_id: group.group_id }));
  });
});

describe("strangers", () => {
  test("[RATE-2] [RATE-6] first messages, first members and invitations share one budget, over restarts; friends are free", async () => {
    const [alice, ...others] = await people("alice", ...times(STRANGERS + 4).map((n) => `other${n}`));
    const [friend, ...strangers] = others;
    if (!friend) throw new Error("nobody is there");
    await friend.text(alice);
    const [a, b, c, ...rest] = strangers as [Person, Person, Person, ...Person[]];
    ok(await alice.send(a, "hi"));
    const group = await makeGroup(alice, b, c, friend);
    await evictDurableObject(inboxOf(alice));
    const invite = (who: readonly { id: string }[]) =>
      alice.post<{ code: number }[]>("/group/invite", { group_id: group.group_id, user_ids: who.map(({ id }) => id) });
    expect((await invite(rest.slice(0, STRANGERS - 2))).code).toBe(1006);
    // Users who are members already, or do not exist, do not count as reached.
    ok(await invite([b, c, friend, { id: "nobody-there" }]));
    ok(await invite(rest.slice(0, STRANGERS - 3)));
    await evictDurableObject(inboxOf(alice));
    const last = rest.slice(STRANGERS - 3);
    expect(last.length).toBeGreaterThan(0);
    for (const one of last) {
      expect((await alice.send(one, "hi")).code).toBe(1006);
      expect((await invite([one])).code).toBe(1006);
      expect((await alice.post("/group/create", { name: "g", member_ids: [one.id] })).code).toBe(1006);
    }
    ok(await alice.send(a, "again"));
    ok(await alice.post("/group/create", { name: "g", member_ids: [a.id, friend.id] }));
    const one = last[0];
    if (!one) throw new Error("nobody is left");
    await expectHonest(() => alice.send(one, "hi"));
  });

  test("[RATE-2] inviting, messaging and kicking in turn reaches no more strangers through one group", async () => {
    const [attacker, ...victims] = await people("attacker", ...times(3 * STRANGERS).map((n) => `victim${n}`));
    const group = await makeGroup(attacker);
    let reached = 0;
    for (const { id } of victims) {
      const one = { group_id: group.group_id, user_ids: [id] };
      const invited = await attacker.post<{ code: number }[]>("/group/invite", one);
      if (invited.code === 0 && invited.data[0]?.code === 0) reached++;
      await attacker.send(group, "buy this");
      await attacker.post("/group/kick", one);
      clock.now += 2_000;
    }
    expect(reached).toBe(STRANGERS);
  });
});

test("[RATE-3] a request without a token, or with one of an ended login, spends nobody's budget", async () => {
  const [who] = await people("who");
  const phone = await who.on(5);
  for (const _ of times(TRIES)) expect((await who.get("/sync", { since: 0 })).code).toBe(2001);
  expect((await call("GET", "/sync", { query: { since: 0 } })).code).toBe(2003);
  ok(await phone.get("/sync", { since: 0 }));
});
