import { isActive, isInvited, type Member } from "../../core/member.ts";
import { permit } from "../../core/permissions.ts";
import { formerMember, type GroupView, invitedMember, type UserResult } from "../../core/plan.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { GroupStatus } from "../../protocol/group-model.ts";
import { MemberStatus, type Millis, NoticeType, Role } from "../../protocol/model.ts";
import { planAnswer, planApply, planBan, planJoin, planJoinByLink, planLink } from "./admission.ts";
import type { Book, BookChange } from "./book.ts";
import type { GroupChanges, GroupOperation } from "./operation.ts";
import {
  type Asked,
  change,
  enter,
  type GroupPlan,
  kickCode,
  NOTHING,
  notice,
  target,
  unique,
  withNotice,
} from "./plans.ts";

/** What a group has that never had anything of a book. */
const EMPTY_BOOK: Book = {
  application: () => undefined,
  countApplications: () => 0,
  isBanned: () => false,
  countBans: () => 0,
  links: () => [],
  link: () => undefined,
};

/**
 * Decides what an operation does to a group, without doing it.
 * The notice, if any, gets the seq after max_seq, and the changed rows get the ver after ver. The ranges of users
 * who join begin with their notice, and the ranges of users who leave end with it. [VIS-2, VIS-3]
 * @throws NexoError when the caller has no permission, or the operation is not possible for its one target.
 */
export function plan(
  operation: GroupOperation,
  group: GroupView,
  callerId: string,
  now: Millis,
  book: Book = EMPTY_BOOK,
): GroupPlan {
  const asked = { group, book, caller: group.member(callerId), callerId, now };
  if (operation.type === "join_by_link" && !book.link(operation.code, now)) throw new NexoError(Code.LINK_INVALID);
  const code = permit(operation.type, asked.caller, {
    dismissed: group.status === GroupStatus.DISMISSED,
    mutedUntil: group.muted_until,
    rules: group.rules,
    banned: book.isBanned(callerId, now),
    now,
  });
  return withApplications(withLinks(planAllowed(operation, code, asked), group), group, book, now);
}

/** The links of owners and admins who are that no longer end, or are the next owner's. [JOIN-2] */
function withLinks(planned: GroupPlan, group: GroupView): GroupPlan {
  const { book = [], members } = planned;
  const next = members.find((member) => member.role === Role.OWNER);
  const passed = members.flatMap((member): BookChange[] => {
    const before = group.member(member.user_id);
    if (!isLeader(before) || isLeader(member)) return [];
    return [
      { type: "pass_links", from: member.user_id, to: before?.role === Role.OWNER ? (next?.user_id ?? null) : null },
    ];
  });
  return passed.length > 0 ? { ...planned, book: [...book, ...passed] } : planned;
}

function isLeader(member: Member | undefined): boolean {
  return isActive(member) && member.role >= Role.ADMIN;
}

function planAllowed(operation: GroupOperation, code: Code, asked: Asked & { caller: Member | undefined }): GroupPlan {
  if (operation.type === "join" && code === Code.WAITS) return planApply(operation.inviter_id, asked);
  if (code !== Code.OK) throw new NexoError(code);
  if (operation.type === "join") return planJoin(operation.inviter_id, asked);
  if (operation.type === "join_by_link") return planJoinByLink(operation, asked);
  const { caller } = asked;
  // All other operations are refused above for callers without a row.
  if (!caller) throw new NexoError(Code.NOT_A_MEMBER);
  return planOf(operation, { ...asked, caller });
}

/** Users who come in wait no longer, and the owner and admins are told how many wait. */
function withApplications(planned: GroupPlan, group: GroupView, book: Book, now: Millis): GroupPlan {
  const { book: changes = [], members } = planned;
  const entering = members.filter((member) => isActive(member) && !isActive(group.member(member.user_id)));
  const waiting = entering.filter(({ user_id }) => book.application(user_id, now));
  const closing = waiting.map(({ user_id }): BookChange => ({ type: "close_application", user_id }));
  const all = [...changes, ...closing];
  if (!all.some(({ type }) => type === "apply" || type === "close_application")) return planned;
  const changed = new Set(members.map(({ user_id }) => user_id));
  const leaders = group.leaders().filter(({ user_id }) => !changed.has(user_id));
  return { ...planned, book: all, members: [...members, ...leaders.map((leader) => change(leader, group, {}))] };
}

/** A user waits no longer, if they did. */
export function planWithdrawal(group: GroupView, userId: string, book: Book, now: Millis): GroupPlan {
  if (!book.application(userId, now)) return NOTHING;
  return withApplications({ ...NOTHING, book: [{ type: "close_application", user_id: userId }] }, group, book, now);
}

type MemberOperation = Exclude<GroupOperation, { type: "join" | "join_by_link" }>;
type Planner<T> = (
  operation: Extract<MemberOperation, { type: T }>,
  asked: Asked & { readonly caller: Member },
) => GroupPlan;

/** What each operation of a member does. */
const PLANS: { readonly [T in MemberOperation["type"]]: Planner<T> } = {
  quit: (_, { group, caller }) => planQuit(group, caller),
  invite: (operation, asked) => planInvite(operation, asked),
  answer_invite: ({ accept }, asked) =>
    accept ? planJoin(asked.caller.inviter_user_id, asked) : planDecline(asked.group, asked.caller),
  answer_application: (operation, asked) => planAnswer(operation, asked),
  kick: ({ user_ids }, { group, caller }) => planKick(user_ids, group, caller),
  ban: (operation, asked) => planBan(operation, asked),
  unban: ({ user_id }) => ({ ...NOTHING, book: [{ type: "unban", user_id }] }),
  link: (operation, asked) => planLink(operation, asked),
  set_role: ({ user_id, role }, { group, caller, callerId }) =>
    planSetRole(target(user_id, group, caller), role, group, callerId),
  transfer: ({ user_id }, { group, caller }) => planTransfer(target(user_id, group, caller), group, caller),
  dismiss: (_, { callerId }) => ({
    ...NOTHING,
    status: GroupStatus.DISMISSED,
    notice: notice(NoticeType.DISMISSED, callerId, []),
  }),
  mute: (operation, { group, caller, now }) => planMute(operation, group, caller, now),
  update: (operation, { callerId }) => updateOf(callerId, operation),
  nickname: ({ group_nickname }, { group, caller }) => ({
    ...NOTHING,
    members: [change(caller, group, { group_nickname })],
  }),
};

function planOf<T extends MemberOperation["type"]>(
  operation: Extract<MemberOperation, { type: T }>,
  asked: Asked & { readonly caller: Member },
): GroupPlan {
  const planner: Planner<T> = PLANS[operation.type as T];
  return planner(operation, asked);
}

/** The notice of a new name or picture, which D1 stores, of new texts and switches. */
export function updateOf(operatorId: string, { changes, texts = {}, rules = {} }: GroupChanges): GroupPlan {
  const all = { ...changes, ...texts, ...rules };
  if (Object.keys(all).length === 0) return NOTHING;
  return {
    ...NOTHING,
    notice: notice(NoticeType.GROUP_UPDATED, operatorId, [], all),
    ...(Object.keys(rules).length > 0 && { rules }),
    ...(Object.keys(texts).length > 0 && { book: [{ type: "texts" as const, texts }] }),
  };
}

function planQuit(group: GroupView, caller: Member): GroupPlan {
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
  { group, book, callerId, now }: Asked,
): GroupPlan {
  const members: Member[] = [];
  const asked: Member[] = [];
  const results = unique(operation.user_ids).map((userId): UserResult => {
    const isBanned = book.isBanned(userId, now);
    const code = inviteCode(userId, operation, group, { active: group.active + members.length, isBanned });
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
  { active, isBanned }: { readonly active: number; readonly isBanned: boolean },
): Code {
  if (unknown.includes(userId)) return Code.USER_NOT_FOUND;
  if (isActive(group.member(userId))) return Code.ALREADY_A_MEMBER;
  if (isBanned) return Code.BANNED;
  const welcome = welcomes?.get(userId) ?? "joins";
  if (typeof welcome === "number") return welcome;
  if (welcome === "refuses") return Code.NOT_ACCEPTED;
  if (welcome === "is_asked") return Code.WAITS;
  return active >= group.max_members ? Code.GROUP_FULL : Code.OK;
}

/** The user is again what they were before the invitation. Nobody is told. */
function planDecline(group: GroupView, caller: Member): GroupPlan {
  return { ...NOTHING, members: [change(caller, group, { status: MemberStatus.QUIT })] };
}

function planKick(userIds: readonly string[], group: GroupView, caller: Member): GroupPlan {
  const members: Member[] = [];
  const results = unique(userIds).map((userId): UserResult => {
    const member = group.member(userId);
    const code = kickCode(member, caller);
    if (member && code === Code.OK) members.push(formerMember(member, MemberStatus.KICKED, group));
    return { user_id: userId, code };
  });
  return withNotice(NoticeType.KICKED, caller.user_id, members, results);
}

function planSetRole(member: Member, role: Role, group: GroupView, callerId: string): GroupPlan {
  if (member.role === role) return NOTHING;
  return {
    ...NOTHING,
    members: [change(member, group, { role })],
    notice: notice(NoticeType.ROLE, callerId, [member.user_id], { role_level: role }),
  };
}

function planTransfer(member: Member, group: GroupView, caller: Member): GroupPlan {
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
): GroupPlan {
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
