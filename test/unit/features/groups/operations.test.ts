import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Member, mutedUntil, visibleMax, visibleRange } from "../../../../src/core/member.ts";
import { type Operation, PERMISSIONS, permit, type Standing } from "../../../../src/core/permissions.ts";
import type { GroupView } from "../../../../src/core/plan.ts";
import { newMember } from "../../../../src/core/plan.ts";
import type { Book } from "../../../../src/features/groups/book.ts";
import type { GroupOperation } from "../../../../src/features/groups/operation.ts";
import { plan } from "../../../../src/features/groups/operations.ts";
import { OPEN_RULES } from "../../../../src/protocol/group-model.ts";

const NOW = 1_000_000;
const base = newMember("ann", { countable: 0, ver: 0 }, { from: 1, join_seq: 0, joined_at: 5 });
const member = (user_id: string, changes: Partial<Member> = {}): Member => ({ ...base, user_id, ...changes });
const owner = member("owner", { role: 3 });
const admin = member("admin", { role: 2 });
const ann = member("ann");
const bob = member("bob", { muted_until: NOW + 1 });
const gone = member("gone", { status: 2, end_seq: 4 });
const kicked = member("kicked", { status: 3, end_seq: 4 });

function room(changes: Partial<GroupView> = {}): GroupView {
  const rows = new Map([owner, admin, ann, bob, gone, kicked].map((row) => [row.user_id, row]));
  const facts = {
    status: 1 as const,
    muted_until: 0,
    max_seq: 10,
    countable: 7,
    ver: 20,
    rev: 0,
    max_members: 500,
    active: 4,
    rules: OPEN_RULES,
    leaders: () => [owner, admin],
  };
  return { ...facts, member: (id) => rows.get(id), ...changes };
}

const run = (operation: GroupOperation, by: string, where = room()) => plan(operation, where, by, NOW);
const code = (work: () => unknown): number => {
  try {
    work();
    return 0;
  } catch (error) {
    return (error as { code: number }).code;
  }
};

describe("what is visible", () => {
  const ranges = fc.record({
    min_seq: fc.integer({ min: 1, max: 50 }),
    end_seq: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
  });
  const seqs = fc.integer({ min: 0, max: 70 });

  test("[VIS-1] requested ranges are clamped to the visible range, and not cut inside it", () => {
    fc.assert(
      fc.property(ranges, seqs, seqs, seqs, (range, max, begin, end) => {
        const someone = member("x", range);
        const { from, to } = visibleRange(someone, max, begin, end);
        for (let seq = 0; seq <= 75; seq++) {
          const isAsked = seq >= begin && (end === 0 || seq <= end);
          const isTheirs = seq >= range.min_seq && seq <= max && (range.end_seq === 0 || seq <= range.end_seq);
          expect(seq >= from && seq <= to).toBe(isAsked && isTheirs && seq >= 1);
        }
      }),
    );
  });

  test("[VIS-3] a member who left sees the leave notice, and nothing after it", () => {
    expect(visibleMax(member("x", { end_seq: 4 }), 10)).toBe(4);
    expect(visibleMax(member("x"), 10)).toBe(10);
  });

  test("a mute of everyone applies below admin", () => {
    expect(mutedUntil(member("x"), 9)).toBe(9);
    expect(mutedUntil(member("x", { muted_until: 12 }), 9)).toBe(12);
    expect(mutedUntil(admin, 9)).toBe(0);
  });
});

describe("permissions", () => {
  const standings: Readonly<Record<Standing, [Member | undefined, dismissed: boolean]>> = {
    owner: [owner, false],
    admin: [admin, false],
    member: [ann, false],
    muted: [bob, false],
    outsider: [undefined, false],
    quit: [gone, false],
    kicked: [kicked, false],
    banned: [member("banned", { status: 5, end_seq: 4 }), false],
    invited: [member("asked", { status: 4, joined_at: NOW - 1, end_seq: 1 }), false],
    dismissed: [owner, true],
  };
  const cells = (Object.keys(PERMISSIONS) as Operation[]).flatMap((operation) =>
    (Object.keys(standings) as Standing[]).map((standing) => [operation, standing] as const),
  );

  test.each(cells)("[ROLE-1] %s by %s gets the code of the table", (operation, standing) => {
    const [who, dismissed] = standings[standing];
    const banned = standing === "banned";
    expect(permit(operation, who, { dismissed, banned, mutedUntil: 0, now: NOW })).toBe(
      PERMISSIONS[operation][standing],
    );
  });

  test("[ROLE-2] membership is checked before state, state before right, right before mute", () => {
    const dismissed = { dismissed: true, mutedUntil: NOW + 1, now: NOW };
    expect(permit("send", undefined, dismissed)).toBe(3003);
    expect(permit("send", ann, dismissed)).toBe(3002);
    expect(permit("kick", ann, dismissed)).toBe(3002);
    expect(permit("kick", bob, { ...dismissed, dismissed: false })).toBe(3007);
    expect(permit("send", ann, { ...dismissed, dismissed: false })).toBe(3009);
  });

  test("a mute ends at its time", () => {
    const at = (now: number) => permit("send", bob, { dismissed: false, mutedUntil: 0, now });
    expect([at(NOW), at(NOW + 1)]).toEqual([3009, 0]);
  });
});

describe("operations", () => {
  test("[VIS-2] a member who joins sees from the notice on, and has read everything before it", () => {
    const { members, notice } = run({ type: "join", inviter_id: "ann" }, "new");
    const entry = {
      min_seq: 11,
      join_seq: 11,
      end_seq: 0,
      read_seq: 10,
      read_count: 7,
      ver: 21,
      inviter_user_id: "ann",
    };
    expect(members).toMatchObject([{ user_id: "new", role: 1, status: 1, ...entry }]);
    expect(notice).toMatchObject({ type: 1001, content: { operator_id: "new", user_ids: ["new"] } });
  });

  test.each(["gone", "stranger", "new", ""])("an inviter %o is kept only if an active member", (inviter_id) => {
    expect(run({ type: "join", inviter_id }, "new").members[0]?.inviter_user_id).toBe("");
  });

  test("[ROLE-3] a mute persists over leaving and returning, and nobody sees it meanwhile [VIS-5]", () => {
    const left = run({ type: "quit" }, "bob").members[0];
    expect(left?.muted_until).toBe(NOW + 1);
    expect(left && mutedUntil(left, NOW + 500)).toBe(0);
    const where = room({ member: (id) => (id === "bob" ? left : room().member(id)) });
    for (const operation of [
      { type: "join", inviter_id: "" },
      { type: "invite", user_ids: ["bob"], unknown: [] },
    ] as const) {
      const [back] = run(operation, operation.type === "join" ? "bob" : "ann", where).members;
      expect(back).toMatchObject({ user_id: "bob", status: 1, muted_until: NOW + 1 });
    }
  });

  test("[VIS-2] a member who returns starts over", () => {
    const [back] = run({ type: "join", inviter_id: "" }, "gone").members;
    expect(back).toMatchObject({ status: 1, min_seq: 11, end_seq: 0, read_seq: 10, muted_until: 0, role: 1 });
  });

  test("[VIS-3] a member who leaves sees up to the leave notice", () => {
    expect(run({ type: "quit" }, "ann").members).toMatchObject([{ user_id: "ann", status: 2, end_seq: 11, ver: 21 }]);
    const { members } = run({ type: "kick", user_ids: ["admin", "ann"] }, "owner");
    expect(members).toMatchObject([
      { user_id: "admin", status: 3, end_seq: 11, role: 1 },
      { user_id: "ann", status: 3, end_seq: 11 },
    ]);
  });

  test("kick answers for each user; the target must be below the caller", () => {
    const user_ids = ["ann", "ann", "admin", "owner", "gone", "stranger"];
    const { results, members, notice } = run({ type: "kick", user_ids }, "admin");
    expect(results.map(({ user_id, code }) => [user_id, code])).toEqual([
      ["ann", 0],
      ["admin", 3006],
      ["owner", 3008],
      ["gone", 3003],
      ["stranger", 3003],
    ]);
    expect(members.map((row) => row.user_id)).toEqual(["ann"]);
    expect(notice?.content.user_ids).toEqual(["ann"]);
  });

  test("[GROUP-1] invite answers for each user, and never exceeds the limit of the group", () => {
    const user_ids = ["ann", "x", "x", "y", "z", "nobody"];
    const { results, members } = run(
      { type: "invite", user_ids, unknown: ["nobody"] },
      "ann",
      room({ max_members: 6 }),
    );
    expect(results.map(({ user_id, code }) => [user_id, code])).toEqual([
      ["ann", 3005],
      ["x", 0],
      ["y", 0],
      ["z", 3010],
      ["nobody", 2006],
    ]);
    expect(members.map((row) => row.user_id)).toEqual(["x", "y"]);
    expect(code(() => run({ type: "join", inviter_id: "" }, "new", room({ max_members: 4 })))).toBe(3010);
  });

  test("a kicked user can return by an invitation, not by joining", () => {
    expect(run({ type: "invite", user_ids: ["kicked"], unknown: [] }, "ann").results[0]?.code).toBe(0);
    expect(code(() => run({ type: "join", inviter_id: "ann" }, "kicked"))).toBe(3004);
  });

  test("[GROUP-3] an operation that changes no member makes no notice", () => {
    expect(run({ type: "invite", user_ids: ["ann"], unknown: [] }, "ann").notice).toBeNull();
    expect(run({ type: "kick", user_ids: ["stranger"] }, "owner").notice).toBeNull();
    expect(run({ type: "set_role", user_id: "admin", role: 2 }, "owner").notice).toBeNull();
    expect(run({ type: "update", changes: {} }, "owner").notice).toBeNull();
    expect(run({ type: "nickname", group_nickname: "n" }, "ann")).toMatchObject({
      notice: null,
      members: [{ ver: 21 }],
    });
  });

  test("a transfer makes the old owner a member, and the new one unmuted", () => {
    const { members } = run({ type: "transfer", user_id: "bob" }, "owner");
    expect(members).toMatchObject([
      { user_id: "owner", role: 1 },
      { user_id: "bob", role: 3, muted_until: 0 },
    ]);
  });

  test("a mute applies to one member below the caller, or to everyone, and 0 lifts it", () => {
    expect(run({ type: "mute", user_id: "ann", seconds: 60 }, "admin").members[0]?.muted_until).toBe(NOW + 60_000);
    expect(run({ type: "mute", user_id: "bob", seconds: 0 }, "admin").members[0]?.muted_until).toBe(0);
    expect(run({ type: "mute", user_id: null, seconds: 60 }, "admin")).toMatchObject({
      members: [],
      muted_until: NOW + 60_000,
    });
    expect(code(() => run({ type: "mute", user_id: "admin", seconds: 60 }, "admin"))).toBe(1001);
    expect(code(() => run({ type: "mute", user_id: "owner", seconds: 60 }, "admin"))).toBe(3006);
  });

  test.each(["set_role", "transfer"] as const)("the target of %s must be another, active member", (type) => {
    const at = (user_id: string) => code(() => run({ type, user_id, role: 2 } as GroupOperation, "owner"));
    expect([at("owner"), at("gone"), at("stranger"), at("ann")]).toEqual([1001, 3003, 3003, 0]);
  });

  test("[ROLE-2] [GROUP-4] in a dismissed group the only change is that anyone can leave it, without a notice", () => {
    const where = room({ status: 2 });
    expect(code(() => run({ type: "mute", user_id: "ann", seconds: 1 }, "owner", where))).toBe(3002);
    expect(code(() => run({ type: "quit" }, "gone", where))).toBe(3003);
    for (const id of ["ann", "owner"]) {
      const { members, notice } = run({ type: "quit" }, id, where);
      expect([members, notice]).toMatchObject([[{ user_id: id, status: 2, role: 1, end_seq: 10 }], null]);
    }
  });
});

test("[JOIN-1] a user who comes in by an invitation waits no longer, and the owner and admins are told", () => {
  const application = { user_id: "new", inviter_user_id: "", applied_at: NOW };
  const book: Book = {
    application: (userId) => (userId === "new" ? application : undefined),
    countApplications: () => 1,
    isBanned: () => false,
    countBans: () => 0,
    links: () => [],
    link: () => undefined,
  };
  const operation = { type: "invite", user_ids: ["new", "newer"], unknown: [] } as const;
  const planned = plan(operation, room(), "ann", NOW, book);
  expect(planned.book).toEqual([{ type: "close_application", user_id: "new" }]);
  expect(planned.members.map(({ user_id }) => user_id)).toEqual(["new", "newer", "owner", "admin"]);
});
