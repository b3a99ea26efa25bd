import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Conversation } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { eventually, inboxOf, inside } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";
import type { Moved, TestSocket } from "../../helpers/workers/socket.ts";

// No alarm rings by itself, so that effects seen at once are not caused by an alarm.
standingClock();

type Typed = { user_id: string; typing: boolean };
type Changed = Moved & { conversation: Partial<Conversation> & { gone?: true } };

const invite = (who: Person, { group_id }: TestGroup, whom: Person) =>
  who.post("/group/invite", { group_id, user_ids: [whom.id] });
const join = (who: Person, { group_id }: TestGroup) => who.post("/group/join", { group_id });
const quit = (who: Person, { group_id }: TestGroup) => who.post("/group/quit", { group_id });
const kick = (who: Person, { group_id }: TestGroup, whom: Person) =>
  who.post("/group/kick", { group_id, user_ids: [whom.id] });
const dismiss = (who: Person, { group_id }: TestGroup) => who.post("/group/dismiss", { group_id });
const mute = (who: Person, { group_id }: TestGroup, seconds: number, whom?: Person) =>
  who.post("/group/mute", { group_id, user_id: whom?.id, seconds });
const info = async (who: Person, { conversation_id }: TestGroup) =>
  ok(await who.get<Conversation>("/conversation/info", { conversation_id }));
const readBy = (who: Person, { conversation_id }: TestGroup, seq: number) =>
  who.get<unknown[]>("/msg/read_by", { conversation_id, seq });
const typing = async (socket: TestSocket, { conversation_id }: TestGroup) =>
  (await socket.request(1008, { conversation_id, typing: true })).err_code;
const statusSeen = async (viewer: Person, whom: Person) =>
  ok(await viewer.post<{ status: number }[]>("/user/get_users_online_status", { user_ids: [whom.id] }))[0]?.status;

describe("[VIS-5] former members learn nothing of later events", () => {
  test.each(["quit", "was kicked"] as const)("a member who %s: no marks, no mutes, no dismissal", async (how) => {
    const [owner, bob, carol] = await people("owner", "bob", "carol");
    const group = await makeGroup(owner, bob, carol);
    await owner.text(group);
    ok(await carol.read(group.conversation_id, 1));
    expect(ok(await readBy(bob, group, 1))).toEqual([{ user_id: carol.id, read_seq: 1 }]);
    ok(await (how === "quit" ? quit(bob, group) : kick(owner, group, bob)));
    ok(await mute(owner, group, 600));
    expect((await readBy(bob, group, 1)).code).toBe(1007);
    // Also if their inbox asks for everything, as one that lost the entry does.
    await inside(inboxOf(bob), (_, { storage }) => storage.sql.exec("UPDATE conversations SET seq = 0, ver = 0"));
    await evictAllDurableObjects();
    expect(await info(bob, group)).toMatchObject({ muted_until: 0, max_seq: 2 });
    expect((await info(carol, group)).muted_until).toBeGreaterThan(0);
    // Not even the dismissal: the group stays in the list of a former member.
    ok(await dismiss(owner, group));
    await info(bob, group);
    expect(await bob.entry(group.conversation_id)).toMatchObject({ max_seq: 2 });
  });

  test("in a dismissed group nobody sees who is online, not even the user who dismissed it", async () => {
    const [owner, bob, carol] = await people("owner", "bob", "carol");
    const group = await makeGroup(owner, bob, carol);
    await Promise.all([owner, bob].map((person) => person.socket()));
    await eventually(async () => expect(await statusSeen(owner, bob)).toBe(1));
    const watcher = await owner.socket();
    await watcher.request(1010, { user_ids: [bob.id] });
    ok(await dismiss(owner, group));
    await watcher.push<{ items: { status: number }[] }>(2005, ({ items }) => items[0]?.status === 0);
    const pairs = [
      [owner, bob],
      [bob, owner],
      [carol, owner],
    ] as const;
    for (const [viewer, whom] of pairs) {
      await eventually(async () => expect(await statusSeen(viewer, whom)).toBe(0));
    }
    await evictAllDurableObjects();
    expect(await statusSeen(owner, bob)).toBe(0);
  });

  test("[TYPE-1] typing ends at once with a kick, and is refused in a dismissed group", async () => {
    const [owner, bob, carol] = await people("owner", "bob", "carol");
    const group = await makeGroup(owner, bob, carol);
    const id = group.conversation_id;
    const [his, hers, room, mine] = [
      await bob.socket(),
      await carol.socket(),
      await carol.roomSocket(id),
      await owner.socket(),
    ];
    const shown = async (socket: TestSocket, who: Person, is: boolean) =>
      socket.push<Typed>(2006, (typed) => typed.user_id === who.id && typed.typing === is);
    expect(await typing(his, group)).toBe(0);
    await Promise.all([hers, room].map((socket) => shown(socket, bob, true)));
    ok(await kick(owner, group, bob));
    await Promise.all([hers, room].map((socket) => shown(socket, bob, false)));
    expect(await typing(his, group)).toBe(1007);
    expect(await typing(mine, group)).toBe(0);
    await shown(hers, owner, true);
    ok(await dismiss(owner, group));
    await shown(hers, owner, false);
    expect([await typing(mine, group), await typing(room, group)]).toEqual([3002, 3002]);
  });
});

describe("[ROLE-3] a mute persists over leaving and returning", () => {
  const ways = {
    "joins again": (member: Person, group: TestGroup) => join(member, group),
    "a plain member invites them": (_: Person, group: TestGroup, crony: Person) => invite(crony, group, _),
  } as const;

  test.each(Object.entries(ways))("of a member who quits and %s", async (_, back) => {
    const [owner, member, crony] = await people("owner", "member", "crony");
    const group = await makeGroup(owner, member, crony);
    ok(await mute(owner, group, 600, member));
    const { muted_until } = await info(member, group);
    ok(await quit(member, group));
    await evictAllDurableObjects();
    ok(await back(member, group, crony));
    expect((await member.send(group, "x")).code).toBe(3009);
    expect(await info(member, group)).toMatchObject({ muted_until });
    ok(await mute(owner, group, 0, member));
    ok(await member.send(group, "x"));
  });

  test("a kicked member who is invited by a plain member; also an admin's mute", async () => {
    const [owner, admin, crony] = await people("owner", "admin", "crony");
    const group = await makeGroup(owner, admin, crony);
    ok(await owner.post("/group/set_role", { group_id: group.group_id, user_id: admin.id, role_level: 2 }));
    ok(await mute(owner, group, 600, admin));
    ok(await kick(owner, group, admin));
    ok(await invite(crony, group, admin));
    expect((await admin.send(group, "x")).code).toBe(3009);
  });
});

describe("[GROUP-4] leaving a dismissed group removes it from the list", () => {
  const between = [
    ["nothing", async () => undefined],
    ["a crash", () => abortAllDurableObjects()],
  ] as const;

  test.each(between)("by any member and by its owner, on all devices, with %s between", async (_, pause) => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    const id = group.conversation_id;
    await owner.text(group, "1");
    ok(await dismiss(owner, group));
    await eventually(async () => expect(await member.entry(id)).toMatchObject({ max_seq: 2 }));
    for (const who of [owner, member]) {
      await pause();
      const { cursor } = await who.sync(0);
      const socket = await who.socket();
      ok(await quit(who, group));
      expect(await socket.push<Changed>(2007)).toMatchObject({ conversation: { conversation_id: id, gone: true } });
      await pause();
      expect(await who.list()).toEqual([]);
      expect((await who.sync(cursor)).conversations).toEqual([{ conversation_id: id, gone: true }]);
      expect(ok(await who.get("/conversation/unread_count"))).toMatchObject({ unread_count: 0 });
      // A second attempt is answered as in any group that the user has left.
      expect((await quit(who, group)).code).toBe(3003);
    }
    const facts = { status: 2, member_count: 0, owner_user_id: "" };
    expect(ok(await owner.get("/group/info", { group_id: group.group_id }))).toMatchObject(facts);
    // Its history stays readable, and no notice was added.
    expect(await member.seqs(id)).toEqual([1, 2]);
  });

  test("later requests about it do not bring it back into the list", async () => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    const id = group.conversation_id;
    await owner.text(group, "1");
    ok(await dismiss(owner, group));
    ok(await quit(member, group));
    expect(await info(member, group)).toMatchObject({ my_status: 2, max_seq: 2, last_message: { msg_type: 1009 } });
    ok(await member.put("/conversation/update", { is_pinned: true }, { conversation_id: id }));
    ok(await member.read(id, 2));
    expect(await member.list()).toEqual([]);
    // An inbox that no longer knows it does not list it, either.
    await inside(inboxOf(member), (_, { storage }) => storage.sql.exec("DELETE FROM conversations"));
    await evictAllDurableObjects();
    expect(await info(member, group)).toMatchObject({ my_status: 2 });
    expect(await member.list()).toEqual([]);
    expect([(await join(member, group)).code, (await member.send(group, "x")).code]).toEqual([3002, 3003]);
  });
});
