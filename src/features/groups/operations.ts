import { isActive, isInvited, type Member } from "../../core/member.ts";
import { permit } from "../../core/permissions.ts";
import { formerMember, type GroupView, invitedMember, newMember, type Plan, type UserResult } from "../../core/plan.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { GroupStatus, MemberStatus, type Millis, NoticeType, Role } from "../../protocol/model.ts";
import type { Welcomes } from "./welcomes.ts";

/** The operations on a group. Ids are well formed; `unknown` lists the ids that no user has. */
export type GroupOperation =
  | { readonly type: "join"; readonly inviter_id: string }
  | { readonly type: "quit" }
  | {
      readonly type: "invite";
      readonly user_ids: readonly string[];
      readonly unknown: readonly string[];
      /** What the users' inboxes answered, once they were asked; a user who is missing joins. */
      readonly welcomes?: Welcomes;
    }
  | { readonly type: "answer_invite"; readonly accept: boolean }
  | { readonly type: "kick"; readonly user_ids: readonly string[] }
  | { readonly type: "set_role"; readonly user_id: string; readonly role: typeof Role.MEMBER | typeof Role.ADMIN }
  | { readonly type: "transfer"; readonly user_id: string }
  | { readonly type: "dismiss" }
  | { readonly type: "mute"; readonly user_id: string | null; readonly seconds: number }
  | { readonly type: "update"; readonly changes: Readonly<Record<string, string>> }
  | { readonly type: "nickname"; readonly group_nickname: string };

const NOTHING: Plan = { members: [], notice: null, results: [] };

/**
 * Decides what an operation does to a group, without doing it.
 * The notice, if any, gets the seq after max_seq, and the changed rows get the ver after ver. The ranges of users
 * who join begin with their notice, and the ranges of users who leave end with it. [VIS-2, VIS-3]
 * @throws NexoError when the caller has no permission, or the operation is not possible for its one target.
 */
export function plan(operation: GroupOperation, group: GroupView, callerId: string, now: Millis): Plan {
  const caller = group.member(callerId);
  const code = permit(operation.type, caller, {
    dismissed: group.status === GroupStatus.DISMISSED,
    mutedUntil: group.muted_until,
    now,
  });
  if (code !== Code.OK) throw new NexoError(code);
  if (operation.type === "join") return planJoin(operation.inviter_id, group, callerId, now);
  // All operations except join are refused above for callers without a row.
  if (!caller) throw new NexoError(Code.NOT_A_MEMBER);
  return planOf(operation, { group, caller, callerId, now });
}

/** The caller, the group and the time of an operation. */
interface Asked {
  readonly group: GroupView;
  readonly caller: Member;
  readonly callerId: string;
  readonly now: Millis;
}

type MemberOperation = Exclude<GroupOperation, { type: "join" }>;
type Planner<T> = (operation: Extract<MemberOperation, { type: T }>, asked: Asked) => Plan;

/** What each operation of a member does. */
const PLANS: { readonly [T in MemberOperation["type"]]: Planner<T> } = {
  quit: (_, { group, caller }) => planQuit(group, caller),
  invite: (operation, { group, callerId, now }) => planInvite(operation, group, callerId, now),
  answer_invite: ({ accept }, { group, caller, now }) =>
    accept ? planAccept(group, caller, now) : planDecline(group, caller),
  kick: ({ user_ids }, { group, caller }) => planKick(user_ids, group, caller),
  set_role: ({ user_id, role }, { group, caller, callerId }) =>
    planSetRole(target(user_id, group, caller), role, group, callerId),
  transfer: ({ user_id }, { group, caller }) => planTransfer(target(user_id, group, caller), group, caller),
  dismiss: (_, { callerId }) => ({
    ...NOTHING,
    status: GroupStatus.DISMISSED,
    notice: notice(NoticeType.DISMISSED, callerId, []),
  }),
  mute: (operation, { group, caller, now }) => planMute(operation, group, caller, now),
  update: ({ changes }, { callerId }) => updateOf(callerId, changes),
  nickname: ({ group_nickname }, { group, caller }) => ({
    ...NOTHING,
    members: [change(caller, group, { group_nickname })],
  }),
};

function planOf<T extends MemberOperation["type"]>(
  operation: Extract<MemberOperation, { type: T }>,
  asked: Asked,
): Plan {
  const planner: Planner<T> = PLANS[operation.type as T];
  return planner(operation, asked);
}

/** The notice of a new name or picture, which D1 stores. */
export function updateOf(operatorId: string, changes: Readonly<Record<string, string>>): Plan {
  if (Object.keys(changes).length === 0) return NOTHING;
  return { ...NOTHING, notice: notice(NoticeType.GROUP_UPDATED, operatorId, [], changes) };
}

function planJoin(inviterId: string, group: GroupView, callerId: string, now: Millis): Plan {
  if (group.active >= group.max_members) throw new NexoError(Code.GROUP_FULL);
  const before = group.member(callerId);
  const named = isInvited(before, now) ? (before?.inviter_user_id ?? "") : inviterId;
  const inviter = named !== callerId && isActive(group.member(named)) ? named : "";
  return {
    ...NOTHING,
    members: [enter(callerId, group, inviter, now)],
    notice: notice(NoticeType.JOINED, callerId, [callerId], { inviter_user_id: inviter }),
  };
}

function planQuit(group: GroupView, caller: Member): Plan {
  // The last notice in a dismissed group is that it was dismissed. [GROUP-4]
  if (group.status === GroupStatus.DISMISSED) {
    return { ...NOTHING, members: [formerMember(caller, MemberStatus.QUIT, group, group.max_seq)] };
  }
  return {
    ...NOTHING,
    members: [formerMember(caller, MemberStatus.QUIT, group)],
    notice: notice(NoticeType.QUIT, caller.user_id, [caller.user_id]),
  };
}

function planInvite(
  operation: Extract<GroupOperation, { type: "invite" }>,
  group: GroupView,
  callerId: string,
  now: Millis,
): Plan {
  const members: Member[] = [];
  const asked: Member[] = [];
  const results = unique(operation.user_ids).map((userId): UserResult => {
    const code = inviteCode(userId, operation, group, group.active + members.length);
    const before = group.member(userId);
    if (code === Code.OK) members.push(enter(userId, group, callerId, now));
    // Another invitation while one waits for its answer changes nothing.
    if (code === Code.WAITS && !isInvited(before, now)) asked.push(invitedMember(userId, group, callerId, now, before));
    return { user_id: userId, code };
  });
  const joining = withNotice(NoticeType.INVITED, callerId, members, results);
  return { ...joining, members: [...joining.members, ...asked] };
}

function inviteCode(
  userId: string,
  { unknown, welcomes }: Extract<GroupOperation, { type: "invite" }>,
  group: GroupView,
  active: number,
): Code {
  if (unknown.includes(userId)) return Code.USER_NOT_FOUND;
  if (isActive(group.member(userId))) return Code.ALREADY_A_MEMBER;
  const welcome = welcomes?.get(userId) ?? "joins";
  if (typeof welcome === "number") return welcome;
  if (welcome === "refuses") return Code.NOT_ACCEPTED;
  if (welcome === "is_asked") return Code.WAITS;
  return active >= group.max_members ? Code.GROUP_FULL : Code.OK;
}

function planAccept(group: GroupView, caller: Member, now: Millis): Plan {
  return planJoin(caller.inviter_user_id, group, caller.user_id, now);
}

/** The user is again what they were before the invitation. Nobody is told. */
function planDecline(group: GroupView, caller: Member): Plan {
  return { ...NOTHING, members: [change(caller, group, { status: MemberStatus.QUIT })] };
}

function planKick(userIds: readonly string[], group: GroupView, caller: Member): Plan {
  const members: Member[] = [];
  const results = unique(userIds).map((userId): UserResult => {
    const member = group.member(userId);
    const code = kickCode(member, caller);
    if (member && code === Code.OK) members.push(formerMember(member, MemberStatus.KICKED, group));
    return { user_id: userId, code };
  });
  return withNotice(NoticeType.KICKED, caller.user_id, members, results);
}

function kickCode(member: Member | undefined, caller: Member): Code {
  if (!isActive(member)) return Code.NOT_A_MEMBER;
  if (member.role === Role.OWNER) return Code.OWNER_STAYS;
  return member.role < caller.role ? Code.OK : Code.NOT_OWNER;
}

function planSetRole(member: Member, role: Role, group: GroupView, callerId: string): Plan {
  if (member.role === role) return NOTHING;
  return {
    ...NOTHING,
    members: [change(member, group, { role })],
    notice: notice(NoticeType.ROLE, callerId, [member.user_id], { role_level: role }),
  };
}

function planTransfer(member: Member, group: GroupView, caller: Member): Plan {
  return {
    ...NOTHING,
    members: [
      change(caller, group, { role: Role.MEMBER }),
      change(member, group, { role: Role.OWNER, muted_until: 0 }),
    ],
    notice: notice(NoticeType.OWNER, caller.user_id, [member.user_id]),
  };
}

function planMute(
  operation: Extract<GroupOperation, { type: "mute" }>,
  group: GroupView,
  caller: Member,
  now: Millis,
): Plan {
  const until = operation.seconds > 0 ? now + operation.seconds * 1_000 : 0;
  const extra = { seconds: operation.seconds, muted_until: until };
  if (operation.user_id === null) {
    return { ...NOTHING, muted_until: until, notice: notice(NoticeType.MUTE, caller.user_id, [], extra) };
  }
  const member = target(operation.user_id, group, caller);
  if (member.role >= caller.role) throw new NexoError(Code.NOT_OWNER);
  return {
    ...NOTHING,
    members: [change(member, group, { muted_until: until })],
    notice: notice(NoticeType.MUTE, caller.user_id, [member.user_id], extra),
  };
}

/** The target of an operation: another, active member. */
function target(userId: string, group: GroupView, caller: Member): Member {
  if (userId === caller.user_id) {
    throw new NexoError(Code.INVALID_PARAMETER, "user_id: must be somebody else");
  }
  const member = group.member(userId);
  if (!isActive(member)) throw new NexoError(Code.NOT_A_MEMBER, `${userId} is not a member of the group`);
  return member;
}

function enter(userId: string, group: GroupView, inviter: string, now: Millis): Member {
  const seq = group.max_seq + 1;
  const member = newMember(userId, group, { from: seq, join_seq: seq, joined_at: now, inviter });
  // The mute is kept; otherwise it would end for a member who leaves and joins again. [ROLE-3]
  return { ...member, muted_until: group.member(userId)?.muted_until ?? 0 };
}

function change(member: Member, group: GroupView, changes: Partial<Member>): Member {
  return { ...member, ...changes, ver: group.ver + 1 };
}

function notice(
  type: NoticeType,
  operatorId: string,
  userIds: readonly string[],
  extra: Readonly<Record<string, unknown>> = {},
): NonNullable<Plan["notice"]> {
  return { type, content: { operator_id: operatorId, user_ids: userIds, ...extra } };
}

function withNotice(type: NoticeType, operatorId: string, members: Member[], results: UserResult[]): Plan {
  if (members.length === 0) return { ...NOTHING, results };
  const userIds = members.map((member) => member.user_id);
  return { members, notice: notice(type, operatorId, userIds), results };
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
