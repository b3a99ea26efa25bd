import type { ConversationState } from "../../core/log/state.ts";
import { isActive, type Member } from "../../core/member.ts";
import { formerMember, type Plan } from "../../core/plan.ts";
import { GroupStatus } from "../../protocol/group-model.ts";
import { MemberStatus, NoticeType, Role } from "../../protocol/model.ts";

/**
 * The next step of a user who leaves for good; null when nothing is left to do. An owner is followed by the oldest
 * admin, or else the oldest member; a group without any other member is dismissed. [ERASE-3]
 * @param successor finds who follows an owner
 */
export function departureOf(
  conversation: ConversationState,
  userId: string,
  successor: () => Member | undefined,
): Plan | null {
  const { version, ref } = conversation;
  const { row } = conversation.room;
  const member = conversation.member(userId);
  if (!row || !member) return null;
  if (isActive(member) && ref.type === 2 && row.status === GroupStatus.NORMAL) {
    return member.role === Role.OWNER ? handedOver(member, successor(), version.ver) : quit(member, version);
  }
  if (isActive(member)) return gone(member, version, version.seq);
  // A former member keeps what they saw; an invitation ends.
  if (member.status !== MemberStatus.INVITED && member.group_nickname === "") return null;
  const status = member.status === MemberStatus.INVITED ? MemberStatus.QUIT : member.status;
  return { members: [{ ...member, status, group_nickname: "", ver: version.ver + 1 }], notice: null, results: [] };
}

function handedOver(owner: Member, next: Member | undefined, ver: number): Plan {
  const content = { operator_id: owner.user_id, user_ids: next ? [next.user_id] : [] };
  if (!next) {
    const notice = { type: NoticeType.DISMISSED, content };
    return { members: [], status: GroupStatus.DISMISSED, notice, results: [] };
  }
  const members = [
    { ...owner, role: Role.MEMBER, ver: ver + 1 },
    { ...next, role: Role.OWNER, muted_until: 0, ver: ver + 1 },
  ];
  return { members, notice: { type: NoticeType.OWNER_FOLLOWED, content }, results: [] };
}

function quit(member: Member, version: ConversationState["version"]): Plan {
  const content = { operator_id: member.user_id, user_ids: [member.user_id] };
  return { ...gone(member, version), notice: { type: NoticeType.QUIT, content } };
}

function gone(member: Member, { seq, ver, rev }: ConversationState["version"], end?: number): Plan {
  const left = formerMember(member, MemberStatus.QUIT, { max_seq: seq, ver, rev }, end);
  return { members: [{ ...left, group_nickname: "" }], notice: null, results: [] };
}
