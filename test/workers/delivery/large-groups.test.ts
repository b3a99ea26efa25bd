import { abortAllDurableObjects, evictAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { CATCH_UP } from "../../../src/core/delivery/call.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { aroundCall } from "../../helpers/workers/calls.ts";
import { standingClock, type TellFault, THROWS, tellFaults } from "../../helpers/workers/faults.ts";
import { eventually, expectAgreement, inboxOf, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";
import type { Moved, TestSocket } from "../../helpers/workers/socket.ts";

settings({ LARGE_GROUP: 2 });
const faults = tellFaults();
const clock = standingClock();
/** The fate of catch-ups by user. */
const catchUps = new Map<string, (answer: () => Promise<unknown>) => Promise<unknown>>();
aroundCall("conversations", CATCH_UP, ({ user_id }, answer) => catchUps.get(user_id)?.(answer) ?? answer());
afterEach(() => {
  faults.clear();
  catchUps.clear();
});

type Pushed = Moved & { msgs: Record<string, Message[]> };

const attending = async ({ conversation_id }: TestGroup) => {
  const found = await rows<{ user_id: string }>(roomOf(conversation_id), "SELECT user_id FROM attending ORDER BY 1");
  return found.map(({ user_id }) => user_id);
};
const attends = (group: TestGroup, ...who: readonly Person[]) =>
  eventually(async () => expect(await attending(group)).toEqual(who.map(({ id }) => id).toSorted()));
const toldSeq = async ({ conversation_id }: TestGroup) =>
  (await rows<{ told_seq: number }>(roomOf(conversation_id), "SELECT told_seq FROM room"))[0]?.told_seq;
const storedSeq = async (person: Person, { conversation_id: id }: TestGroup) =>
  (await rows<{ seq: number }>(inboxOf(person), `SELECT seq FROM conversations WHERE conversation_id = '${id}'`))[0]
    ?.seq;
const arrived = (socket: TestSocket, ...seqs: number[]) => eventually(() => expect(socket.pushedSeqs()).toEqual(seqs));

/** A large group of alice, bob and carol, of whom bob has a socket. */
async function large() {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const socket = await bob.socket();
  const group = await makeGroup(alice, bob, carol);
  await attends(group, bob);
  return { alice, bob, carol, socket, group };
}

describe("[TELL-7] messages of a large group", () => {
  test("go to sockets without a step of the cursor, and into a list when its user looks at it", async () => {
    const { alice, bob, carol, socket, group } = await large();
    const before = await bob.sync(0);
    const told: string[] = [];
    const note: TellFault = (deliver) => {
      told.push("carol");
      return deliver();
    };
    faults.set(carol.id, note);
    await alice.text(group);
    await alice.text(group);
    const pushed = await socket.push<Pushed>(2001);
    expect(pushed.prev).toBe(pushed.cursor);
    expect(pushed.cursor).toBe(before.cursor);
    await arrived(socket, 1, 2);
    expect(await socket.ping()).toBe(`pong:${before.cursor}`);
    expect([await storedSeq(bob, group), await storedSeq(carol, group)]).toEqual([0, 0]);
    expect(told).toEqual([]);
    await expectAgreement(group.conversation_id, [alice, bob, carol]);
    expect((await carol.get<object>("/conversation/unread_count")).data).toMatchObject({ unread_count: 2 });
    const seqs = await socket.request<{ seqs: Record<string, number> }>(1001, {});
    expect(seqs.data.seqs[group.conversation_id]).toBe(2);
  });

  test("[SYNC-3] the catch-up is one step, with one frame for devices that have all messages", async () => {
    const { alice, bob, socket, group } = await large();
    await alice.text(group);
    await arrived(socket, 1);
    const { cursor } = await bob.sync(0);
    const step = await socket.push<Pushed>(2001, ({ prev, cursor: to }) => prev !== to);
    expect(step).toMatchObject({ msgs: {}, prev: cursor - 1, cursor });
    // Nothing new: the next one changes nothing.
    clock.now += 60_000;
    expect((await bob.sync(0)).cursor).toBe(cursor);
    expect(socket.pushedSeqs()).toEqual([1]);
  });

  test("[SYNC-2] a device that missed relays is not given the step of a catch-up", async () => {
    const { alice, bob, socket, group } = await large();
    const { cursor } = await bob.sync(0);
    socket.close();
    await alice.text(group);
    await attends(group);
    const again = await bob.socket({ since: cursor });
    const synced = await again.answer<{ conversations: { max_seq: number }[]; cursor: number }>("");
    expect(synced.data.conversations.map(({ max_seq }) => max_seq)).toEqual([1]);
    expect(synced.data.cursor).toBeGreaterThan(cursor);
    expect(again.pushedSeqs()).toEqual([]);
  });

  test("[PUSH-1] a sender's other devices get each message once, whatever the list has", async () => {
    const { alice, bob, socket, group } = await large();
    for (let count = 0; count < 3; count++) await alice.text(group);
    await arrived(socket, 1, 2, 3);
    const second = await bob.socket();
    await attends(group, bob);
    await bob.send(group, "from REST");
    await arrived(socket, 1, 2, 3, 4);
    await alice.text(group);
    await arrived(socket, 1, 2, 3, 4, 5);
    await eventually(() => expect(second.pushedSeqs()).toEqual([4, 5]));
  });

  test("[TELL-4] the mark is stored when the last call has ended, so that nothing is repeated after a rest", async () => {
    const { alice, socket, group } = await large();
    await alice.text(group);
    await arrived(socket, 1);
    await eventually(async () => expect(await toldSeq(group)).toBe(1));
    await evictAllDurableObjects();
    clock.now += 60_000;
    await ring(roomOf(group.conversation_id));
    await alice.text(group);
    await arrived(socket, 1, 2);
  });

  test("[TELL-1] [TELL-3] an inbox that fails gets them later, also after a crash, and delays no other", async () => {
    const { alice, bob, carol, socket, group } = await large();
    const hers = await carol.socket();
    await attends(group, bob, carol);
    faults.set(bob.id, THROWS);
    await alice.text(group);
    await arrived(hers, 1);
    await eventually(async () => expect(await toldSeq(group)).toBe(1));
    expect(await rows(roomOf(group.conversation_id), "SELECT user_id, seq FROM behind")).toEqual([
      { user_id: bob.id, seq: 0 },
    ]);
    await evictDurableObject(roomOf(group.conversation_id));
    faults.clear();
    clock.now += 600_000;
    await ring(roomOf(group.conversation_id));
    await arrived(socket, 1);
    await eventually(async () => expect(await rows(roomOf(group.conversation_id), "SELECT * FROM behind")).toEqual([]));
  });
});

describe("[TELL-8] attending follows the sockets", () => {
  test("becoming large, joining, connecting, refusing and accepting again attend or end it", async () => {
    const { alice, bob, carol, socket, group } = await large();
    const hers = await carol.socket();
    await attends(group, bob, carol);
    hers.close();
    await alice.text(group);
    await attends(group, bob);
    const settingOf = (recv_msg_opt: number) =>
      bob.put(`/conversation/update?conversation_id=${group.conversation_id}`, { recv_msg_opt });
    ok(await settingOf(2));
    await attends(group);
    ok(await settingOf(0));
    await attends(group, bob);
    const [dave] = await people("dave");
    const his = await dave.socket();
    ok(await dave.post("/group/join", { group_id: group.group_id }));
    await attends(group, bob, dave);
    await alice.text(group);
    await arrived(his, 2, 3);
    expect(socket.pushedSeqs()).toEqual([1, 2, 3]);
  });

  test("'no socket' does not undo an attend that came since its call began", async () => {
    const { alice, bob, socket, group } = await large();
    socket.close();
    let isHeld = false;
    let mayAnswer = false;
    faults.set(bob.id, async (deliver) => {
      const answer = await deliver();
      isHeld = true;
      while (!mayAnswer) await scheduler.wait(5);
      return answer;
    });
    await alice.text(group);
    await eventually(() => expect(isHeld).toBe(true));
    faults.clear();
    const again = await bob.socket({ since: 0 });
    await again.answer("");
    mayAnswer = true;
    await alice.text(group);
    await arrived(again, 2);
    await attends(group, bob);
  });

  test("an attend that fails is repeated by the alarm, and brings what was missed", async () => {
    const { alice, bob, socket, group } = await large();
    socket.close();
    await alice.text(group);
    await attends(group);
    catchUps.set(bob.id, () => Promise.reject(new Error("a fault injected by a test")));
    const again = await bob.socket();
    await alice.text(group);
    catchUps.clear();
    await eventually(async () => {
      clock.now += 10_000;
      await ring(inboxOf(bob));
      expect(again.pushedSeqs()).toEqual([1, 2]);
    });
    await attends(group, bob);
    expect(await rows(inboxOf(bob), "SELECT * FROM missed_groups")).toEqual([]);
  });

  test("relays wait for the answer of an attend, so that messages stay in order", async () => {
    const { alice, bob, socket, group } = await large();
    const second = await bob.socket();
    await alice.text(group);
    await arrived(socket, 1);
    catchUps.set(bob.id, async (answer) => {
      const update = await answer();
      await scheduler.wait(100);
      return update;
    });
    clock.now += 60_000;
    const syncing = bob.sync(0);
    for (let count = 0; count < 3; count++) await alice.text(group);
    await syncing;
    await arrived(socket, 1, 2, 3, 4);
    await arrived(second, 1, 2, 3, 4);
  });

  test("an inbox that died attends no longer, and catches up when its user is back", async () => {
    const { alice, bob, group } = await large();
    await abortAllDurableObjects();
    await alice.text(group);
    await attends(group);
    await expectAgreement(group.conversation_id, [alice, bob]);
  });
});

describe("a large group", () => {
  test("[VIS-2] [VIS-3] who joins and who is kicked get exactly their range", async () => {
    const { alice, bob, socket, group } = await large();
    await alice.text(group);
    const [dave] = await people("dave");
    const his = await dave.socket();
    ok(await dave.post("/group/join", { group_id: group.group_id }));
    await alice.text(group);
    ok(await alice.post("/group/kick", { group_id: group.group_id, user_ids: [bob.id] }));
    await alice.text(group);
    await arrived(his, 2, 3, 4, 5);
    await arrived(socket, 1, 2, 3, 4);
    await attends(group, dave);
    expect(await bob.entry(group.conversation_id)).toMatchObject({ my_status: 3, max_seq: 4 });
    expect(await bob.seqs(group.conversation_id)).toEqual([1, 2, 3, 4]);
  });

  test("[TELL-1] [TELL-7] what concerns one member or the group as such reaches lists of users who are away", async () => {
    const { alice, bob, carol, group } = await large();
    const { group_id, conversation_id: id } = group;
    const stored = async (person: Person) =>
      (
        await rows(
          inboxOf(person),
          `SELECT role, muted_until, dismissed FROM conversations WHERE conversation_id = '${id}'`,
        )
      )[0];
    ok(await alice.post("/group/set_role", { group_id, user_id: carol.id, role_level: 2 }));
    await eventually(async () => expect(await stored(carol)).toMatchObject({ role: 2 }));
    await evictAllDurableObjects();
    ok(await alice.post("/group/mute", { group_id, seconds: 600 }));
    await eventually(async () => expect(Number((await stored(bob))?.muted_until)).toBeGreaterThan(clock.now));
    for (const person of [bob, carol]) faults.set(person.id, THROWS);
    ok(await alice.post("/group/dismiss", { group_id }));
    await abortAllDurableObjects();
    faults.clear();
    clock.now += 600_000;
    await ring(roomOf(id));
    for (const person of [bob, carol]) {
      await eventually(async () => expect(await stored(person)).toMatchObject({ dismissed: 1 }));
    }
  });

  test("[GROUP-1] [READ-5] its members, their number, the owner and the readers come from storage after a rest", async () => {
    const { alice, bob, carol, group } = await large();
    const { group_id, conversation_id: id } = group;
    await alice.text(group);
    await bob.text(group);
    ok(await carol.read(id, 1));
    await evictAllDurableObjects();
    const info = ok(await carol.get<{ member_count: number; owner_user_id: string }>("/group/info", { group_id }));
    expect(info).toMatchObject({ member_count: 3, owner_user_id: alice.id });
    const page = async (cursor: string) =>
      await carol.get<{ user_id: string }[]>("/group/members", { group_id, limit: 2, cursor });
    const first = await page("");
    const second = await page(first.meta?.next_cursor ?? "");
    expect([...ok(first), ...ok(second)].map(({ user_id }) => user_id)).toEqual(
      [alice.id, bob.id, carol.id].toSorted(),
    );
    const readers = ok(await alice.get<{ user_id: string }[]>("/msg/read_by", { conversation_id: id, seq: 1 }));
    expect(readers.map(({ user_id }) => user_id)).toEqual([bob.id, carol.id].toSorted());
    ok(await alice.post("/group/kick", { group_id, user_ids: [carol.id] }));
    await evictAllDurableObjects();
    expect(ok(await alice.get("/group/info", { group_id }))).toMatchObject({ member_count: 2 });
  });

  test("[TYPE-1] [PRES-1] typing and arrivals reach those who attend", async () => {
    const { alice, bob, socket, group } = await large();
    const hers = await alice.socket();
    await hers.request(1008, { conversation_id: group.conversation_id, typing: true });
    expect(await socket.push(2006)).toMatchObject({ user_id: alice.id, typing: true });
    const [dave] = await people("dave");
    await dave.socket();
    await socket.request(1010, { user_ids: [dave.id] });
    ok(await dave.post("/group/join", { group_id: group.group_id }));
    const shown = await socket.push<{ items: { user_id: string; status: number }[] }>(2005);
    expect(shown.items).toMatchObject([{ user_id: dave.id, status: 1 }]);
    await attends(group, alice, bob, dave);
  });
});
