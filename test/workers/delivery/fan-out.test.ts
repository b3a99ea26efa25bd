import { abortAllDurableObjects, evictAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { hanging, LOSES_THE_ANSWER, standingClock, THROWS, tellFaults } from "../../helpers/workers/faults.ts";
import {
  alarmOf,
  eventually,
  expectAgreement,
  inboxOf,
  inside,
  ring,
  roomOf,
  rows,
} from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

// All groups here are told eagerly.
settings({ LARGE_GROUP: 500 });
const faults = tellFaults();
const clock = standingClock();
afterEach(() => faults.clear());

interface Told {
  [column: string]: number;
  told_seq: number;
  told_ver: number;
}
const behind = (id: string) => rows<{ user_id: string }>(roomOf(id), "SELECT user_id FROM behind ORDER BY user_id");
const told = async (id: string) => (await rows<Told>(roomOf(id), "SELECT told_seq, told_ver FROM room"))[0];
const cursorOf = async (person: Person) => (await person.sync(0)).cursor;

/** Moves the clock past every pause, and rings. */
async function ringLater(id: string): Promise<void> {
  clock.now += 600_000;
  await ring(roomOf(id));
}

describe("an inbox that fails", () => {
  test("[TELL-1] [TELL-3] [TELL-5] one that throws delays no other, is retried, and does not stop the alarm", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const { conversation_id: id, ...group } = await makeGroup(alice, bob, carol);
    await eventually(() => expectAgreement(id, [alice, bob, carol]));
    const socket = await carol.socket();
    faults.set(bob.id, THROWS);
    await alice.text(group, "1");
    await alice.text(group, "2");
    await eventually(() => expect(socket.pushedSeqs()).toEqual([1, 2]));
    for (let round = 0; round < 3; round++) {
      await ringLater(id);
      expect(await alarmOf(roomOf(id))).toBeGreaterThan(clock.now);
    }
    expect(await behind(id)).toEqual([{ user_id: bob.id }]);
    expect(await bob.entry(id)).toMatchObject({ max_seq: 0 });
    faults.clear();
    await ringLater(id);
    await expectAgreement(id, [alice, bob, carol]);
    await ringLater(id);
    expect(await behind(id)).toEqual([]);
    expect(await alarmOf(roomOf(id))).toBeNull();
  });

  test("[TELL-3] pauses grow while it fails, and it is called once after each", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(() => expectAgreement(chat, [alice, bob]));
    let calls = 0;
    faults.set(bob.id, () => {
      calls++;
      throw new Error("a fault injected by a test");
    });
    await alice.text(bob);
    await eventually(() => expect(calls).toBe(1));
    const pauses: number[] = [];
    for (let failures = 2; failures < 12; failures++) {
      await alice.text(bob);
      await ring(roomOf(chat));
      expect(calls).toBe(failures - 1);
      const next = (await alarmOf(roomOf(chat))) ?? 0;
      pauses.push(next - clock.now);
      clock.now = next + 1;
      await ring(roomOf(chat));
      await eventually(() => expect(calls).toBe(failures));
    }
    expect(pauses.at(-1)).toBeGreaterThan(60_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(450_000);
    expect(pauses[0]).toBeLessThanOrEqual(1_500);
  });

  test("[TELL-3] one that hangs delays neither answers nor others nor the alarm, and gets everything when it wakes", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const { conversation_id: id, ...group } = await makeGroup(alice, bob, carol);
    await eventually(() => expectAgreement(id, [alice, bob, carol]));
    const socket = await carol.socket();
    const hang = hanging();
    faults.set(bob.id, hang.fault);
    const started = performance.now();
    for (let at = 0; at < 5; at++) await alice.text(group);
    await eventually(() => expect(socket.pushedSeqs()).toEqual([1, 2, 3, 4, 5]));
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(hang.held()).toBe(1);
    await ring(roomOf(id));
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(hang.held()).toBe(1);
    expect(await alarmOf(roomOf(id))).not.toBeNull();
    hang.release();
    await eventually(() => expectAgreement(id, [bob]));
  });

  test("[READ-3] a mark on a conversation's socket is answered while others keep writing to a slow inbox", async () => {
    const [alice, bob, chat] = await pair();
    const socket = await bob.roomSocket(chat);
    faults.set(bob.id, async (deliver) => {
      await scheduler.wait(100);
      return deliver();
    });
    let isAnswered = false;
    const answer = socket.request<{ read_seq: number }>(1007, { conversation_id: chat, read_seq: 1 });
    void answer.finally(() => {
      isAnswered = true;
    });
    for (let sent = 0; sent < 60 && !isAnswered; sent++) {
      await alice.text(bob);
      await scheduler.wait(20);
    }
    expect(isAnswered).toBe(true);
    expect((await answer).data.read_seq).toBe(1);
  });

  test("[TELL-2] one that applies the update but loses the answer applies no message twice", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(() => expectAgreement(chat, [alice, bob]));
    const socket = await bob.socket();
    const before = await cursorOf(bob);
    faults.set(bob.id, LOSES_THE_ANSWER);
    await alice.text(bob);
    await eventually(() => expect(socket.pushedSeqs()).toEqual([2]));
    faults.clear();
    await ringLater(chat);
    await evictDurableObject(roomOf(chat));
    await ringLater(chat);
    expect(await cursorOf(bob)).toBe(before + 1);
    expect(socket.pushedSeqs()).toEqual([2]);
    expect(await bob.entry(chat)).toMatchObject({ max_seq: 2, unread_count: 2 });
  });

  test("[TELL-2] a late update, after newer ones, changes nothing", async () => {
    const [alice, bob, chat] = await pair();
    const tells: string[] = [];
    faults.set(bob.id, (deliver, tell) => {
      tells.push(tell);
      return deliver();
    });
    await alice.text(bob, "2");
    await eventually(() => expect(tells.length).toBe(1));
    ok(await bob.read(chat, 2));
    await alice.text(bob, "3");
    await eventually(() => expectAgreement(chat, [alice, bob]));
    const [entry, cursor] = [await bob.entry(chat), await cursorOf(bob)];
    for (const body of [...tells]) {
      await inboxOf(bob).fetch("https://inbox/tell", { method: "POST", body });
    }
    expect(await bob.entry(chat)).toEqual(entry);
    expect(await cursorOf(bob)).toBe(cursor);
  });
});

describe("a conversation that fails", () => {
  test("[SEND-1] [TELL-1] [TELL-5] a crash after the commit and before the fan-out: the alarm updates all", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const { conversation_id: id, group_id } = await makeGroup(alice, bob, carol);
    await eventually(() => expectAgreement(id, [alice, bob, carol]));
    for (const { id: user } of [bob, carol]) faults.set(user, THROWS);
    const sent = await alice.text({ group_id });
    ok(await alice.post("/group/kick", { group_id, user_ids: [carol.id] }));
    await alice.text({ group_id });
    await abortAllDurableObjects();
    faults.clear();
    expect(await bob.entry(id)).toMatchObject({ max_seq: 0 });
    // Without a request, within five seconds of the change.
    expect(await alarmOf(roomOf(id))).toBeLessThanOrEqual(clock.now + 5_000);
    await ring(roomOf(id));
    expect((await bob.pull(id)).messages[0]).toEqual(sent);
    await expectAgreement(id, [alice, bob, carol]);
    expect(await carol.entry(id)).toMatchObject({ max_seq: 2, my_status: 3 });
    await ringLater(id);
    expect(await behind(id)).toEqual([]);
    expect(await alarmOf(roomOf(id))).toBeNull();
  });

  test("[TELL-1] the answer to the sender's own inbox is lost: the alarm delivers its content", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(() => expectAgreement(chat, [alice, bob]));
    // As if the inbox died after its call left: the conversation has the message, the inbox has nothing.
    const send = { client_msg_id: "lost", msg_type: 1, content: '{"text":"x"}' };
    const mark = { seq: 1, ver: 1 };
    await roomOf(chat).append({ user_id: alice.id, mark, sends: [send], allowance: 1, founding: false });
    expect(await alice.entry(chat)).toMatchObject({ max_seq: 1 });
    await ring(roomOf(chat));
    await expectAgreement(chat, [alice, bob]);
  });

  test("[TELL-1] [TELL-2] after a mark of a former member and a restart, later updates still arrive", async () => {
    const [alice, bob, carol] = await people("alice", "bob", "carol");
    const { conversation_id: id, group_id } = await makeGroup(alice, bob, carol);
    await alice.text({ group_id });
    ok(await carol.post("/group/quit", { group_id }));
    ok(await carol.read(id, 2));
    await alice.text({ group_id });
    await eventually(() => expectAgreement(id, [alice, bob, carol]));
    await evictAllDurableObjects();
    await alice.text({ group_id });
    await eventually(() => expectAgreement(id, [alice, bob, carol]));
  });

  test("[TELL-1] marks of single chats and all changes of groups reach every inbox after crashes", async () => {
    const [alice, bob, chat] = await pair();
    const { conversation_id: id, group_id } = await makeGroup(alice, bob);
    for (const { id: user } of [alice, bob]) faults.set(user, THROWS);
    ok(await bob.read(chat, 1));
    ok(await alice.post("/group/set_role", { group_id, user_id: bob.id, role_level: 2 }));
    ok(await alice.post("/group/mute", { group_id, user_id: bob.id, seconds: 600 }));
    await abortAllDurableObjects();
    faults.clear();
    for (const each of [chat, id]) await ringLater(each);
    expect(await alice.entry(chat)).toMatchObject({ peer_read_seq: 1 });
    expect(await bob.entry(id)).toMatchObject({ my_role: 2, muted_until: expect.any(Number), max_seq: 2 });
    expect((await bob.entry(id))?.muted_until).toBeGreaterThan(0);
    await expectAgreement(id, [alice, bob]);
  });
});

describe("the stored marks", () => {
  test("[TELL-4] one row for all inboxes, and a row only for each that is behind", async () => {
    const names = Array.from({ length: 30 }, () => "member");
    const [owner, ...members] = await people("owner", ...names);
    const { conversation_id: id, ...group } = await makeGroup(owner, ...members);
    await owner.text(group);
    await eventually(() => expectAgreement(id, members.slice(-1)));
    await ringLater(id);
    expect([await told(id), await behind(id)]).toEqual([{ told_seq: 1, told_ver: 1 }, []]);
    const unreachable = members.slice(0, 2).map((member) => member.id);
    for (const user of unreachable) faults.set(user, THROWS);
    await owner.text(group);
    await ringLater(id);
    expect(await told(id)).toEqual({ told_seq: 2, told_ver: 1 });
    expect((await behind(id)).map(({ user_id }) => user_id)).toEqual(unreachable.toSorted());
    await abortAllDurableObjects();
    faults.clear();
    await ringLater(id);
    await ringLater(id);
    expect([await told(id), await behind(id)]).toEqual([{ told_seq: 2, told_ver: 1 }, []]);
    await expectAgreement(id, members.slice(0, 2));
  });

  test("[TELL-5] alarms that ring too early, too late or twice change nothing", async () => {
    const [alice, bob, chat] = await pair();
    await Promise.all([ring(roomOf(chat)), ring(roomOf(chat)), alice.text(bob), ring(roomOf(chat))]);
    await ringLater(chat);
    await ringLater(chat);
    expect(await alarmOf(roomOf(chat))).toBeNull();
    await expectAgreement(chat, [alice, bob]);
    // An alarm that nothing has set, as after a crash that lost its cause.
    for (const id of [chat, "sg_never-made"]) await inside(roomOf(id), (object) => object.alarm());
    await expectAgreement(chat, [alice, bob]);
  });
});
