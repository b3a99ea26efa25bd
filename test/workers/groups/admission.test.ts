import { describe, expect, test } from "vitest";
import type { Group, GroupApplication, GroupBan, GroupCard, GroupLink } from "../../../src/protocol/group-model.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { makeGroup, outgoing, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";

const update = (who: Person, { group_id }: TestGroup, changes: Record<string, unknown>) =>
  who.put<Group>("/group/update", { group_id, ...changes });
const join = (who: Person, { group_id }: TestGroup) => who.post("/group/join", { group_id });
const waiting = async (who: Person, { group_id }: TestGroup) =>
  ok(await who.get<GroupApplication[]>("/group/applications", { group_id }));
const answer = (who: Person, { group_id }: TestGroup, user: Person, accept: boolean) =>
  who.post("/group/applications/answer", { group_id, user_id: user.id, accept });
const newest = async (who: Person, { conversation_id }: TestGroup): Promise<Message | undefined> =>
  (await who.pull(conversation_id, { limit: 1, order: "desc" })).messages[0];

describe("joining by approval [JOIN-1]", () => {
  test("a user waits, the owner and admins are told, and an answer lets them in with a notice", async () => {
    const [owner, admin, member, ann] = await people("owner", "admin", "member", "ann");
    const group = await makeGroup(owner, admin, member);
    ok(await owner.post("/group/set_role", { group_id: group.group_id, user_id: admin.id, role_level: 2 }));
    ok(await update(owner, group, { join_mode: 2 }));
    const seat = await admin.socket();
    const before = (await admin.entry(group.conversation_id))?.max_seq;

    expect((await join(ann, group)).code).toBe(3012);
    expect((await join(ann, group)).code).toBe(3012);
    expect(await waiting(admin, group)).toMatchObject([{ user_id: ann.id, nickname: "ann", inviter_user_id: "" }]);
    for (const leader of [owner, admin]) {
      await expect.poll(async () => (await leader.entry(group.conversation_id))?.application_count).toBe(1);
    }
    expect(await member.entry(group.conversation_id)).toMatchObject({ application_count: 0, max_seq: before });
    const pushes = () => seat.log.filter(({ req_identifier }) => req_identifier === 2007);
    await expect.poll(() => JSON.stringify(pushes().at(-1)?.data)).toContain('"application_count":1');
    expect((await ann.get("/msg/pull", { conversation_id: group.conversation_id })).code).toBe(1007);
    expect(await ann.list()).toEqual([]);

    expect((await answer(member, group, ann, true)).code).toBe(3007);
    ok(await answer(admin, group, ann, true));
    expect(await newest(ann, group)).toMatchObject({
      msg_type: 1012,
      sender_id: admin.id,
      content: { operator_id: admin.id, user_ids: [ann.id] },
    });
    expect(await waiting(admin, group)).toEqual([]);
    await expect.poll(async () => (await owner.entry(group.conversation_id))?.application_count).toBe(0);
    expect((await answer(admin, group, ann, true)).code).toBe(1005);
    ok(await ann.send(group, "hello"));
  });

  test("a declined user may apply again, and has 10 applications and moves in an hour", async () => {
    const [owner, ann] = await people("owner", "ann");
    const group = await makeGroup(owner);
    ok(await update(owner, group, { join_mode: 2 }));
    expect((await join(ann, group)).code).toBe(3012);
    ok(await answer(owner, group, ann, false));
    expect(await waiting(owner, group)).toEqual([]);
    expect((await join(ann, group)).code).toBe(3012);
    for (let turn = 2; turn < 10; turn++) expect((await join(ann, group)).code).toBe(3012);
    ok(await answer(owner, group, ann, false));
    expect((await join(ann, group)).code).toBe(1006);
    expect(await waiting(owner, group)).toEqual([]);
  });

  test("an invitation lets a waiting user in, and they wait no longer", async () => {
    const [owner, ann] = await people("owner", "ann");
    const group = await makeGroup(owner);
    ok(await update(owner, group, { join_mode: 2 }));
    expect((await join(ann, group)).code).toBe(3012);
    ok(await owner.post("/group/invite", { group_id: group.group_id, user_ids: [ann.id] }));
    expect(await waiting(owner, group)).toEqual([]);
    expect((await owner.entry(group.conversation_id))?.application_count).toBe(0);
    expect((await answer(owner, group, ann, true)).code).toBe(1005);
  });

  test("by invitation only: nobody comes in by themselves, and an invited user does", async () => {
    const [owner, ann, ben] = await people("owner", "ann", "ben");
    const group = await makeGroup(owner);
    ok(await update(owner, group, { join_mode: 3 }));
    expect((await join(ann, group)).code).toBe(3015);
    ok(await owner.post("/group/invite", { group_id: group.group_id, user_ids: [ann.id] }));
    ok(await ann.send(group, "hello"));
    ok(await ben.put("/user/privacy", { invites_from: "ask" }));
    ok(await owner.post("/group/invite", { group_id: group.group_id, user_ids: [ben.id] }));
    ok(await join(ben, group));
  });

  test("applications come in pages, and only well-formed cursors are taken", async () => {
    const [owner, ann, ben, cleo] = await people("owner", "ann", "ben", "cleo");
    const group = await makeGroup(owner);
    ok(await update(owner, group, { join_mode: 2 }));
    for (const who of [ann, ben, cleo]) expect((await join(who, group)).code).toBe(3012);
    const { group_id } = group;
    const first = await owner.get<GroupApplication[]>("/group/applications", { group_id, limit: 2 });
    const rest = await owner.get<GroupApplication[]>("/group/applications", {
      group_id,
      limit: 2,
      cursor: first.meta?.next_cursor,
    });
    expect([...first.data, ...rest.data].map(({ user_id }) => user_id).sort()).toEqual(
      [ann.id, ben.id, cleo.id].sort(),
    );
    expect(rest.meta).toEqual({ next_cursor: "", has_more: false });
    expect((await owner.get("/group/applications", { group_id, cursor: "1.%" })).code).toBe(1001);
  });
});

describe("switches [SWITCH-1]", () => {
  test("are on the group, default to what was before, and a notice carries what changed", async () => {
    const [owner, ann] = await people("owner", "ann");
    const group = await makeGroup(owner, ann);
    const usual = ok(await ann.get<Group>("/group/info", { group_id: group.group_id }));
    expect(usual).toMatchObject({
      join_mode: 1,
      members_may_invite: true,
      members_may_mention_all: false,
      members_may_pin: false,
      members_may_see_members: true,
      announcement_only: false,
      slow_mode: 0,
      announcement: "",
      extra: "",
    });
    const changes = { announcement_only: true, slow_mode: 5, announcement: "Read me", extra: '{"a":1}' };
    const changed = ok(await update(owner, group, changes));
    expect(changed).toMatchObject(changes);
    expect(changed.updated_at).toBeGreaterThanOrEqual(usual.updated_at);
    expect(ok(await update(owner, group, {}))).toEqual(changed);
    expect(await newest(ann, group)).toMatchObject({
      msg_type: 1008,
      content: { operator_id: owner.id, user_ids: [], ...changes },
    });
    expect((await update(ann, group, { slow_mode: 1 })).code).toBe(3007);
  });

  test.each([
    { join_mode: 4 },
    { join_mode: "1" },
    { members_may_pin: 1 },
    { slow_mode: -1 },
    { slow_mode: 3_601 },
    { slow_mode: 0.5 },
    { announcement: "x".repeat(4_097) },
    { extra: "\u0000" },
  ])("%o is invalid", async (changes) => {
    const [owner] = await people("owner");
    const group = await makeGroup(owner);
    const refused = await update(owner, group, changes);
    expect([refused.code, refused.msg]).toEqual([1001, expect.stringContaining(Object.keys(changes)[0] ?? "")]);
  });

  test("announcement_only: members neither send nor edit; the owner and admins do", async () => {
    const [owner, ann] = await people("owner", "ann");
    const group = await makeGroup(owner, ann);
    const { seq } = await ann.text(group);
    const { conversation_id } = group;
    const retry = outgoing(group, "again");
    const first = ok(await ann.post<Message>("/msg/send", retry));
    ok(await update(owner, group, { announcement_only: true }));
    expect((await ann.send(group, "no")).code).toBe(3015);
    const room = await ann.roomSocket(conversation_id);
    expect((await room.request(1003, outgoing(group, "no"))).err_code).toBe(3015);
    expect((await ann.post("/msg/edit", { conversation_id, seq, content: { text: "no" } })).code).toBe(3015);
    expect(
      (
        await ann.post("/msg/forward", {
          from_conversation_id: conversation_id,
          seqs: [seq],
          group_id: group.group_id,
          client_msg_ids: ["f1"],
        })
      ).code,
    ).toBe(3015);
    expect(ok(await ann.post<Message>("/msg/send", retry)).seq).toBe(first.seq);
    ok(await ann.post("/msg/react", { conversation_id, seq, emoji: "👍", on: true }));
    ok(await owner.send(group, "yes"));
  });

  test("members may invite, mention everyone, pin and see members as the switches say", async () => {
    const [owner, ann, ben] = await people("owner", "ann", "ben");
    const group = await makeGroup(owner, ann);
    const { group_id, conversation_id } = group;
    const { seq } = await owner.text(group);
    const tries = async () =>
      Object.fromEntries(
        await Promise.all(
          [
            ["invite", ann.post("/group/invite", { group_id, user_ids: [ben.id] })] as const,
            ["members", ann.get("/group/members", { group_id })] as const,
            ["read_by", ann.get("/msg/read_by", { conversation_id, seq })] as const,
            ["pin", ann.post("/msg/pin", { conversation_id, seq, on: true })] as const,
            ["all", ann.post("/msg/send", { ...outgoing(group, "@all"), meta: { mention_all: true } })] as const,
          ].map(async ([name, answered]) => [name, (await answered).code] as const),
        ),
      );
    ok(await update(owner, group, { members_may_invite: false, members_may_see_members: false }));
    expect(await tries()).toEqual({ invite: 3015, members: 3015, read_by: 3015, pin: 3007, all: 3007 });
    ok(await owner.get("/group/members", { group_id }));
    ok(
      await update(owner, group, {
        members_may_invite: true,
        members_may_see_members: true,
        members_may_pin: true,
        members_may_mention_all: true,
      }),
    );
    expect(await tries()).toEqual({ invite: 0, members: 0, read_by: 0, pin: 0, all: 0 });
    ok(await owner.post("/group/mute", { group_id, user_id: ann.id, seconds: 60 }));
    expect(await tries()).toMatchObject({ invite: 0, pin: 0, all: 3009 });
    ok(await owner.post("/msg/pin", { conversation_id, seq, on: false }));
    expect((await ann.post("/msg/pin", { conversation_id, seq, on: true })).code).toBe(3009);
  });

  test("slow mode holds members to one message, over all paths, and not the owner", async () => {
    const [owner, ann, ben] = await people("owner", "ann", "ben");
    const group = await makeGroup(owner, ann, ben);
    ok(await update(owner, group, { slow_mode: 3_600 }));
    const sent = outgoing(group, "one");
    const first = ok(await ann.post<Message>("/msg/send", sent));
    const refused = await ann.send(group, "two");
    expect([refused.code, refused.msg]).toEqual([3015, expect.stringMatching(/slow mode.* s$/)]);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(3_500);
    const room = await ann.roomSocket(group.conversation_id);
    expect((await room.request(1003, outgoing(group, "three"))).err_code).toBe(3015);
    const own = await ann.socket();
    const both = await Promise.all([own.request(1003, outgoing(group, "4")), own.request(1003, outgoing(group, "5"))]);
    expect(both.map(({ err_code }) => err_code)).toEqual([3015, 3015]);
    expect(ok(await ann.post<Message>("/msg/send", sent)).seq).toBe(first.seq);
    const bens = await ben.socket();
    const together = await Promise.all([6, 7, 8].map((text) => bens.request(1003, outgoing(group, `${text}`))));
    expect(together.map(({ err_code }) => err_code).sort()).toEqual([0, 3015, 3015]);
    ok(await owner.send(group, "a"));
    ok(await owner.send(group, "b"));
    ok(await update(owner, group, { slow_mode: 0 }));
    ok(await ann.send(group, "free"));
  });
});

describe("invite links [JOIN-2]", () => {
  const make = async (who: Person, { group_id }: TestGroup, limits: Record<string, number> = {}) =>
    ok(await who.post<GroupLink>("/group/link", { group_id, ...limits }));
  const enter = (who: Person, code: string) => who.post("/group/join", { code });

  test("a link shows the card only, and lets in whatever the join_mode is", async () => {
    const [owner, ann, ben] = await people("owner", "ann", "ben");
    const group = await makeGroup(owner);
    ok(await update(owner, group, { join_mode: 3, extra: "secret" }));
    const link = await make(owner, group, { max_uses: 2 });
    const card = ok(await ann.get<GroupCard>("/group/link", { code: link.code }));
    expect(Object.keys(card).sort()).toEqual(["avatar", "group_id", "introduction", "member_count", "name"]);
    ok(await enter(ann, link.code));
    expect(await newest(ann, group)).toMatchObject({ msg_type: 1001, content: { inviter_user_id: owner.id } });
    expect((await enter(ann, link.code)).code).toBe(3005);
    ok(await enter(ben, link.code));
    expect(ok(await owner.get<GroupLink[]>("/group/links", { group_id: group.group_id }))).toEqual([]);
  });

  test("as many users as max_uses come in, also all at once", async () => {
    const [owner, ...others] = await people("owner", "a", "b", "c", "d", "e");
    const group = await makeGroup(owner);
    const { code } = await make(owner, group, { max_uses: 2 });
    const codes = await Promise.all(others.map(async (who) => (await enter(who, code)).code));
    expect(codes.sort()).toEqual([0, 0, 3013, 3013, 3013]);
  });

  test("unknown, expired, spent, revoked, foreign and dismissed are alike", async () => {
    const [owner, other, ann, ben] = await people("owner", "other", "ann", "ben");
    const group = await makeGroup(owner);
    const elsewhere = await makeGroup(other);
    const gone = await makeGroup(owner);
    const { group_id } = group;
    const spent = await make(owner, group, { max_uses: 1 });
    ok(await enter(ben, spent.code));
    const revoked = await make(owner, group);
    ok(await owner.post("/group/link/revoke", { group_id, code: revoked.code }));
    const expired = await make(owner, group, { expires_in: 1 });
    const ofDismissed = await make(owner, gone);
    ok(await owner.post("/group/dismiss", { group_id: gone.group_id }));
    await expect
      .poll(async () => (await ann.get("/group/link", { code: expired.code })).code, { timeout: 5_000 })
      .toBe(3013);
    const good = await make(owner, group);
    const swapped = `${good.code.split(".")[0]}.${elsewhere.group_id}`;
    const codes = [spent, revoked, expired, ofDismissed].map(({ code }) => code);
    for (const code of [
      ...codes,
      swapped,
      "x",
      "AAAAAAAAAAAAAAAAAAAAAA.nowhere",
      `.${group_id}`,
      `a.${"b".repeat(90)}`,
    ]) {
      const [seen, entered] = await Promise.all([ann.get("/group/link", { code }), enter(ann, code)]);
      expect([seen.code, seen.msg, entered.code, entered.msg], code).toEqual([3013, seen.msg, 3013, seen.msg]);
    }
    expect((await ann.post("/group/join", { group_id: elsewhere.group_id, code: good.code })).code).toBe(3013);
    expect((await ann.post("/group/join", {})).code).toBe(1001);
    ok(await enter(ann, good.code));
  });

  test("a link overrides neither a kick nor a ban, and only the owner and admins make, list and revoke links", async () => {
    const [owner, ann, ben, cleo] = await people("owner", "ann", "ben", "cleo");
    const group = await makeGroup(owner, ann, ben, cleo);
    const { group_id } = group;
    const { code } = await make(owner, group);
    ok(await owner.post("/group/kick", { group_id, user_ids: [ann.id] }));
    ok(await owner.post("/group/ban", { group_id, user_id: ben.id }));
    expect([(await enter(ann, code)).code, (await enter(ben, code)).code]).toEqual([3004, 3014]);
    for (const refused of [
      cleo.post("/group/link", { group_id }),
      cleo.get("/group/links", { group_id }),
      cleo.post("/group/link/revoke", { group_id }),
    ]) {
      expect((await refused).code).toBe(3007);
    }
    ok(await owner.post("/group/link/revoke", { group_id }));
    expect((await enter(cleo, code)).code).toBe(3013);
  });

  test("a group has at most 50 links", async () => {
    const [owner] = await people("owner");
    const group = await makeGroup(owner);
    const codes: number[] = [];
    for (let made = 0; made < 51; made++)
      codes.push((await owner.post("/group/link", { group_id: group.group_id })).code);
    expect([codes.filter((code) => code === 0).length, codes.at(-1)]).toEqual([50, 4010]);
  });
});

describe("bans [BAN-1]", () => {
  const ban = (who: Person, { group_id }: TestGroup, user: Person, seconds?: number) =>
    who.post("/group/ban", { group_id, user_id: user.id, seconds });
  const unban = (who: Person, { group_id }: TestGroup, user: Person) =>
    who.post("/group/unban", { group_id, user_id: user.id });

  test("a banned member is out on every path until the ban ends", async () => {
    const [owner, ann] = await people("owner", "ann");
    const group = await makeGroup(owner, ann);
    const { group_id, conversation_id } = group;
    await ann.text(group);
    const room = await ann.roomSocket(conversation_id);
    ok(await ban(owner, group, ann));
    expect(await newest(ann, group)).toMatchObject({
      msg_type: 1004,
      content: { user_ids: [ann.id], banned_until: 0 },
    });
    expect((await room.request(1003, outgoing(group, "x"))).err_code).toBe(3003);
    expect(await ann.entry(conversation_id)).toMatchObject({ my_status: 5 });
    expect((await join(ann, group)).code).toBe(3014);
    const invited = ok(await owner.post<{ code: number }[]>("/group/invite", { group_id, user_ids: [ann.id] }));
    expect(invited).toMatchObject([{ code: 3014 }]);
    expect(ok(await owner.get<GroupBan[]>("/group/bans", { group_id }))).toMatchObject([
      { user_id: ann.id, banned_by: owner.id, banned_until: 0, nickname: "ann" },
    ]);
    ok(await unban(owner, group, ann));
    ok(await join(ann, group));
    ok(await ann.send(group, "back"));
  });

  test("a ban for seconds ends by itself", async () => {
    const [owner, ann] = await people("owner", "ann");
    const group = await makeGroup(owner, ann);
    ok(await ban(owner, group, ann, 1));
    expect((await join(ann, group)).code).toBe(3014);
    await expect.poll(async () => (await join(ann, group)).code, { timeout: 5_000, interval: 400 }).toBe(0);
    expect(ok(await owner.get("/group/bans", { group_id: group.group_id }))).toEqual([]);
  });

  test("an outsider can be banned, and is told nothing; a waiting or invited one waits no longer", async () => {
    const [owner, ann, ben, cleo] = await people("owner", "ann", "ben", "cleo");
    const group = await makeGroup(owner);
    const { group_id, conversation_id } = group;
    ok(await update(owner, group, { join_mode: 2 }));
    expect((await join(ben, group)).code).toBe(3012);
    ok(await cleo.put("/user/privacy", { invites_from: "ask" }));
    ok(await owner.post("/group/invite", { group_id, user_ids: [cleo.id] }));
    for (const who of [ann, ben, cleo]) ok(await ban(owner, group, who));
    expect(await waiting(owner, group)).toEqual([]);
    for (const who of [ann, ben, cleo]) {
      expect((await join(who, group)).code).toBe(3014);
      await expect.poll(async () => (await who.list()).length).toBe(0);
    }
    expect((await cleo.post("/group/answer_invite", { group_id, accept: true })).code).toBe(3014);
    expect((await ann.get("/msg/pull", { conversation_id })).code).toBe(1007);
    expect((await answer(owner, group, ben, true)).code).toBe(1005);
  });

  test("an admin bans members, the owner admins too, nobody the owner or an unknown user", async () => {
    const [owner, admin, other, ann] = await people("owner", "admin", "other", "ann");
    const group = await makeGroup(owner, admin, other, ann);
    const { group_id } = group;
    for (const { id } of [admin, other])
      ok(await owner.post("/group/set_role", { group_id, user_id: id, role_level: 2 }));
    expect((await ban(admin, group, other)).code).toBe(3006);
    expect((await ban(admin, group, owner)).code).toBe(3008);
    expect((await ban(admin, group, admin)).code).toBe(1001);
    expect((await owner.post("/group/ban", { group_id, user_id: "nobody-at-all" })).code).toBe(2006);
    expect((await ban(ann, group, other)).code).toBe(3007);
    ok(await ban(owner, group, other));
    ok(await ban(admin, group, ann));
  });

  test("[ROLE-3] a mute outlives leaving and returning, by a link or approval, and a ban", async () => {
    const [owner, ann] = await people("owner", "ann");
    const group = await makeGroup(owner, ann);
    const { group_id } = group;
    ok(await owner.post("/group/mute", { group_id, user_id: ann.id, seconds: 3_600 }));
    ok(await ban(owner, group, ann));
    ok(await unban(owner, group, ann));
    const { code } = ok(await owner.post<GroupLink>("/group/link", { group_id }));
    ok(await ann.post("/group/join", { code }));
    expect((await ann.send(group, "x")).code).toBe(3009);
    ok(await ann.post("/group/quit", { group_id }));
    ok(await update(owner, group, { join_mode: 2 }));
    expect((await join(ann, group)).code).toBe(3012);
    ok(await answer(owner, group, ann, true));
    expect((await ann.send(group, "x")).code).toBe(3009);
  });
});
