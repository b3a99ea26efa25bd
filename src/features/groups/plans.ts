import { isActive, type Member } from "../../core/member.ts";
import { type GroupView, newMember, type Plan, type UserResult } from "../../core/plan.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { type Millis, type NoticeType, Role } from "../../protocol/model.ts";
import type { Book, BookChange } from "./book.ts";

/** The group, its book and the time of an operation. */
export interface Asked {
  readonly group: GroupView;
  readonly book: Book;
  readonly callerId: string;
  readonly now: Millis;
}

/** What an operation does to a group. */
export interface GroupPlan extends Omit<Plan, "write"> {
  readonly book?: readonly BookChange[];
}

export const NOTHING: GroupPlan = { members: [], notice: null, results: [] };

/** The target of an operation: another, active member. */
export function target(userId: string, group: GroupView, caller: Member): Member {
  if (userId === caller.user_id) {
    throw new NexoError(Code.INVALID_PARAMETER, "user_id: must be somebody else");
  }
  const member = group.member(userId);
  if (!isActive(member)) throw new NexoError(Code.NOT_A_MEMBER, `${userId} is not a member of the group`);
  return member;
}

export function enter(userId: string, group: GroupView, inviter: string, now: Millis): Member {
  const seq = group.max_seq + 1;
  const member = newMember(userId, group, { from: seq, join_seq: seq, joined_at: now, inviter });
  // The mute is kept; otherwise it would end for a member who leaves and joins again. [ROLE-3]
  return { ...member, muted_until: group.member(userId)?.muted_until ?? 0 };
}

export function change(member: Member, group: GroupView, changes: Partial<Member>): Member {
  return { ...member, ...changes, ver: group.ver + 1 };
}

export function notice(
  type: NoticeType,
  operatorId: string,
  userIds: readonly string[],
  extra: Readonly<Record<string, unknown>> = {},
): NonNullable<Plan["notice"]> {
  return { type, content: { operator_id: operatorId, user_ids: userIds, ...extra } };
}

export function withNotice(type: NoticeType, operatorId: string, members: Member[], results: UserResult[]): GroupPlan {
  if (members.length === 0) return { ...NOTHING, results };
  const userIds = members.map((member) => member.user_id);
  return { members, notice: notice(type, operatorId, userIds), results };
}

export function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

/** Whether a caller may remove a member. */
export function kickCode(member: Member | undefined, caller: Member): Code {
  if (!isActive(member)) return Code.NOT_A_MEMBER;
  if (member.role === Role.OWNER) return Code.OWNER_STAYS;
  return member.role < caller.role ? Code.OK : Code.NOT_OWNER;
}
