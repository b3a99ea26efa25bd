import { abortAllDurableObjects, evictAllDurableObjects } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { eventually, expectAgreement, roomOf, tablesOf } from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ MAX_GROUP_MEMBERS: 8 });

const join = (who: Person, { group_id }: TestGroup) => who.post("/group/join", { group_id });
const quit = (who: Person, { group_id }: TestGroup) => who.post("/group/quit", { group_id });
const kick = (who: Person, { group_id }: TestGroup, whom: Person) =>
  who.post("/group/kick", { group_id, user_ids: [whom.id] });
const invite = (who: Person, { group_id }: TestGroup, ...whom: Person[]) =>
  who.post<{ code: number }[]>("/group/invite", { group_id, user_ids: whom.map(({ id }) => id) });

/** Everything that may happen between two steps: nothing, a hibernation, a crash. */
const between = [
  ["nothing", async () => undefined],
  ["an eviction", () => evictAllDurableObjects()],
  ["a crash", () => abortAllDurableObjects()],
] as const;

describe.each(between)("with %s between any two steps", (_, pause) => {
  test("[VIS-1] [VIS-2] [VIS-3] [UNREAD-1] [GROUP-3] a range begins and ends with its notices", async () => {
    const [owner, member] = await people("owner", "member");
    const group = await makeGroup(owner, member);
    const id = group.conversation_id;
    await pause();
    await owner.text(group, "1");
    await pause();
    expect(await member.readState(id)).toEqual({ max_seq: 1, rev: 0, read_seq: 0, unread_count: 1 });

    ok(await quit(member, group));
    await pause();
    await owner.text(group, "3: after they left");
    await pause();
    expect(await member.seqs(id)).toEqual([1, 2]);
    expect(await member.readState(id)).toMatchObject({ max_seq: 2, unread_count: 1 });
    expect(await member.entry(id)).toMatchObject({
      max_seq: 2,
      my_status: 2,
      last_message: { seq: 2, msg_type: 1003 },
    });

    ok(await join(member, group));
    await pause();
    await owner.text(group, "5: after they came back");
    await pause();
    expect(await member.seqs(id)).toEqual([4, 5]);
    expect(await member.readState(id)).toMatchObject({ max_seq: 5, unread_count: 1 });
    expect((await member.pull(id, { begin_seq: 1, end_seq: 3 })).messages).toEqual([]);

    ok(await kick(owner, group, member));
    await pause();
    await owner.text(group, "7");
    expect((await join(member, group)).code).toBe(3004);
    expect(await member.seqs(id)).toEqual([4, 5, 6]);
    ok(await member.read(id, 99));
    await pause();
    expect(await member.readState(id)).toEqual({ max_seq: 6, rev: 0, read_seq: 6, unread_count: 0 });

    expect(ok(await invite(owner, group, member))).toMatchObject([{ code: 0 }]);
    await pause();
    await owner.text(group, "9");
    expect(await member.seqs(id)).toEqual([8, 9]);
    expect(await owner.seqs(id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const notices = (await owner.pull(id)).messages.filter(({ msg_type }) => msg_type > 1000);
    expect(notices.map(({ msg_type, sender_id, content }) => [msg_type, sender_id, content.user_ids])).toEqual([
      [1003, member.id, [member.id]],
      [1001, member.id, [member.id]],
      [1004, owner.id, [member.id]],
      [1002, owner.id, [member.id]],
    ]);
    await eventually(() => expectAgreement(id, [owner, member]));
  });
});

describe("membership between two seqs", () => {
  test("[VIS-1] [VIS-2] [VIS-3] racing sends, kicks and invitations: pulls and both sockets show only the range", async () => {
    const [owner, member, writer] = await people("owner", "member", "writer");
    const group = await makeGroup(owner, member, writer);
    const id = group.conversation_id;
    const [own, room] = await Promise.all([member.socket(), member.roomSocket(id)]);
    const work: Promise<unknown>[] = [];
    for (let round = 0; round < 6; round++) {
      work.push(...[1, 2, 3].map(() => writer.text(group)));
      work.push(kick(owner, group, member));
      work.push(...[1, 2, 3].map(() => writer.text(group)));
      work.push(invite(owner, group, member));
    }
    await Promise.all(work);
    const all = (await owner.pull(id)).messages;
    const visible = all.filter(({ seq }) => spans(all, member.id).some(([from, to]) => seq >= from && seq <= to));
    expect(visible.length).toBeLessThan(all.length);
    const [from, to] = spans(all, member.id).at(-1) ?? [0, 0];
    expect(await member.seqs(id)).toEqual(all.map(({ seq }) => seq).filter((seq) => seq >= from && seq <= to));
    await eventually(() => expectAgreement(id, [owner, member, writer]));
    const seqs = new Set(visible.map(({ seq }) => seq));
    expect(own.pushedSeqs().filter((seq) => !seqs.has(seq))).toEqual([]);
    expect(room.pushedSeqs().filter((seq) => !seqs.has(seq))).toEqual([]);
    expect(new Set(room.pushedSeqs())).toEqual(seqs);
  });

  test("[VIS-4] an outsider cannot tell whether a conversation exists", async () => {
    const [owner, member, outsider] = await people("owner", "member", "outsider");
    const group = await makeGroup(owner, member);
    const chat = owner.chatWith(member);
    await owner.text(group);
    await owner.text(member);
    const missing = ["sg_never-made", "si_nobody:nobody2"];
    for (const id of [group.conversation_id, chat, ...missing]) {
      const query = { conversation_id: id };
      const answers = await Promise.all([
        outsider.get("/msg/pull", query),
        outsider.get("/msg/max_seq", query),
        outsider.get("/conversation/info", query),
        outsider.get("/conversation/max_read_seq", query),
        outsider.get("/conversation/unread_count", query),
        outsider.read(id, 1),
        outsider.put("/conversation/update", { is_pinned: true }, query),
      ]);
      expect(answers.map(({ code, status, msg }) => `${code} ${status} ${msg}`)).toEqual(
        answers.map(() => "1007 403 no permission"),
      );
      await expect(outsider.roomSocket(id)).rejects.toThrow("no socket: 403");
    }
    for (const id of missing) expect(await tablesOf(roomOf(id))).toEqual([]);
    expect(await outsider.list()).toEqual([]);
  });

  test("[GROUP-1] however many join or are invited at once, a group never exceeds its limit", async () => {
    const names = Array.from({ length: 10 }, () => "joiner");
    const [owner, ...joiners] = await people("owner", ...names);
    const joins = async (who: Person, group: TestGroup) => (await join(who, group)).code;
    const isInvited = async (who: Person, group: TestGroup) => ok(await invite(owner, group, who))[0]?.code;
    const half = (who: Person, group: TestGroup) =>
      joiners.indexOf(who) % 2 === 0 ? joins(who, group) : isInvited(who, group);
    for (const way of [joins, isInvited, half]) {
      const group = await makeGroup(owner);
      const codes = await Promise.all(joiners.map((who) => way(who, group)));
      expect(codes.filter((code) => code === 0).length).toBe(7);
      expect(codes.filter((code) => code === 3010).length).toBe(3);
      const members = ok(await owner.get<unknown[]>("/group/members", { group_id: group.group_id }));
      expect(members.length).toBe(8);
    }
    const body = { name: "too many", member_ids: joiners.map(({ id }) => id) };
    expect((await owner.post("/group/create", body)).code).toBe(3010);
  });

  test("[GROUP-2] racing creates with one client_group_id are one group; another user gets another group", async () => {
    const [owner, other] = await people("owner", "other");
    const body = { name: "once", client_group_id: "mine", member_ids: [other.id] };
    const answers = await Promise.all([1, 2, 3].map(() => owner.post<{ id: string }>("/group/create", body)));
    const ids = new Set(answers.map((answer) => ok(answer).id));
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(ok(await other.post<{ id: string }>("/group/create", body)).id);
    await eventually(async () => expect((await other.list()).length).toBe(2));
  });

  test("[ROLE-1] [ROLE-2] muting one member and muting all: which members may still send, and for how long", async () => {
    const [owner, admin, member] = await people("owner", "admin", "member");
    const group = await makeGroup(owner, admin, member);
    const mute = (who: Person, seconds: number, whom?: Person) =>
      who.post("/group/mute", { group_id: group.group_id, user_id: whom?.id, seconds });
    ok(await owner.post("/group/set_role", { group_id: group.group_id, user_id: admin.id, role_level: 2 }));
    const room = await member.roomSocket(group.conversation_id);
    ok(await mute(admin, 60));
    expect(
      (await Promise.all([owner, admin, member].map((who) => who.send(group, "x")))).map(({ code }) => code),
    ).toEqual([0, 0, 3009]);
    expect((await room.request(1003, outgoing(group, "x"))).err_code).toBe(3009);
    expect(await member.entry(group.conversation_id)).toMatchObject({ muted_until: expect.any(Number) });
    ok(await mute(admin, 0));
    ok(await mute(owner, 60, admin));
    expect((await mute(admin, 60, owner)).code).toBe(3006);
    await evictAllDurableObjects();
    expect((await Promise.all([admin, member].map((who) => who.send(group, "x")))).map(({ code }) => code)).toEqual([
      3009, 0,
    ]);
  });
});

/** The ranges of a first member, as the notices say. */
function spans(messages: readonly Message[], userId: string): [from: number, to: number][] {
  const ranges: [number, number][] = [[1, Number.POSITIVE_INFINITY]];
  for (const { seq, msg_type, content } of messages) {
    if (msg_type < 1000 || !(content.user_ids as string[]).includes(userId)) continue;
    const last = ranges.at(-1);
    if (msg_type === 1004 && last) last[1] = seq;
    if (msg_type === 1002) ranges.push([seq, Number.POSITIVE_INFINITY]);
  }
  return ranges;
}
