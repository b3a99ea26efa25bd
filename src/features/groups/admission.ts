import { isActive, isInvited, type Member } from "../../core/member.ts";
import { formerMember } from "../../core/plan.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { MemberStatus, NoticeType } from "../../protocol/model.ts";
import type { BookChange } from "./book.ts";
import type { GroupOperation } from "./operation.ts";
import { type Asked, change, enter, type GroupPlan, kickCode, NOTHING, notice } from "./plans.ts";

/** How users come into a group, and what keeps them out. */

type AskedByMember = Asked & { readonly caller: Member };

/** @param inviterId whom the user names; the one who invited them counts more */
export function planJoin(inviterId: string, { group, callerId, now }: Asked): GroupPlan {
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

/** The maker of the link counts as the inviter. */
export function planJoinByLink(
  { code, inviter_id }: Extract<GroupOperation, { type: "join_by_link" }>,
  asked: Asked,
): GroupPlan {
  const maker = asked.book.link(code, asked.now)?.creator_user_id ?? "";
  return { ...planJoin(inviter_id || maker, asked), book: [{ type: "use_link", code }] };
}

/**
 * The user waits for approval, which the result says. Another application while one waits changes nothing. [JOIN-1]
 * @throws NexoError TOO_MANY
 */
export function planApply(inviterId: string, { group, book, callerId, now }: Asked): GroupPlan {
  const results = [{ user_id: callerId, code: Code.WAITS }];
  if (book.application(callerId, now)) return { ...NOTHING, results };
  if (book.countApplications(now) >= LIMITS.applications) {
    throw new NexoError(Code.TOO_MANY, `at most ${LIMITS.applications} users wait for approval, try again later`);
  }
  const inviter = inviterId !== callerId && isActive(group.member(inviterId)) ? inviterId : "";
  const application = { user_id: callerId, inviter_user_id: inviter, applied_at: now };
  return { ...NOTHING, results, book: [{ type: "apply", application }] };
}

export function planAnswer(
  { user_id, accept }: Extract<GroupOperation, { type: "answer_application" }>,
  { group, book, callerId, now }: AskedByMember,
): GroupPlan {
  const application = book.application(user_id, now);
  if (!application) throw new NexoError(Code.NOT_FOUND, `${user_id} does not wait for approval`);
  const closed: BookChange = { type: "close_application", user_id };
  if (!accept) return { ...NOTHING, book: [closed] };
  if (group.active >= group.max_members) throw new NexoError(Code.GROUP_FULL);
  // The closing of the application follows from the entering.
  return {
    ...NOTHING,
    members: [enter(user_id, group, application.inviter_user_id, now)],
    notice: notice(NoticeType.APPROVED, callerId, [user_id]),
  };
}

/** A ban removes a member, ends an invitation and an application, and keeps the user out. [BAN-1] */
export function planBan(
  { user_id, seconds }: Extract<GroupOperation, { type: "ban" }>,
  { group, book, caller, callerId, now }: AskedByMember,
): GroupPlan {
  if (user_id === callerId) throw new NexoError(Code.INVALID_PARAMETER, "user_id: must be somebody else");
  const member = group.member(user_id);
  const code = isActive(member) ? kickCode(member, caller) : Code.OK;
  if (code !== Code.OK) throw new NexoError(code);
  if (!book.isBanned(user_id, now) && book.countBans(now) >= LIMITS.groupBans) {
    throw new NexoError(Code.TOO_MANY, `a group has at most ${LIMITS.groupBans} bans`);
  }
  const banned_until = seconds > 0 ? now + seconds * 1_000 : 0;
  const ban = { user_id, banned_by: callerId, banned_at: now, banned_until };
  const waits = book.application(user_id, now) !== undefined;
  const changes: BookChange[] = [
    { type: "ban", ban },
    ...(waits ? [{ type: "close_application" as const, user_id }] : []),
  ];
  if (isActive(member)) {
    return {
      ...NOTHING,
      members: [formerMember(member, MemberStatus.BANNED, group)],
      notice: notice(NoticeType.KICKED, callerId, [user_id], { banned_until }),
      book: changes,
    };
  }
  const invited = member && isInvited(member, now) ? [change(member, group, { status: MemberStatus.BANNED })] : [];
  return { ...NOTHING, members: invited, book: changes };
}

/** Makes or ends links. @throws NexoError TOO_MANY */
export function planLink(
  operation: Extract<GroupOperation, { type: "link" }>,
  { book, callerId, now }: AskedByMember,
): GroupPlan {
  if ("revoke" in operation) return { ...NOTHING, book: [{ type: "revoke_links", code: operation.revoke }] };
  if (book.links(now).length >= LIMITS.groupLinks) {
    throw new NexoError(Code.TOO_MANY, `a group has at most ${LIMITS.groupLinks} links: revoke one`);
  }
  return { ...NOTHING, book: [{ type: "put_link", link: { ...operation.make, creator_user_id: callerId } }] };
}
