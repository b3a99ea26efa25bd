import type { Place } from "../../core/log/member-store.ts";
import type { ConversationState } from "../../core/log/state.ts";
import type { ConversationStore, StoredConversation } from "../../core/log/store.ts";
import type { Member } from "../../core/member.ts";
import type { Operation } from "../../core/permissions.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { ID } from "../../protocol/ids.ts";
import { Role } from "../../protocol/model.ts";
import type { GroupFacts } from "./calls.ts";

/** @throws NexoError GROUP_NOT_FOUND */
export function factsOf(conversation: ConversationState, store: ConversationStore): GroupFacts {
  const { status } = assertGroup(conversation);
  return { status, owner_user_id: store.members.ownerId() ?? "", member_count: conversation.memberCount };
}

/**
 * A page of the active members: the owner and admins first, then in order of joining.
 * @param after the end of the previous page, "" for the first
 * @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, INVALID_PARAMETER
 */
export function pageOfMembers(
  conversation: ConversationState,
  store: ConversationStore,
  { user_id, after, limit }: { user_id: string; after: string; limit: number },
): { members: Member[]; next: string } {
  const place = after === "" ? undefined : placeOf(after);
  assertMay(conversation, "members", user_id);
  const found = store.members.page(place, limit + 1);
  const members = found.slice(0, limit);
  const last = members.at(-1);
  return { members, next: last && found.length > limit ? toPlace(last) : "" };
}

/** @throws NexoError GROUP_NOT_FOUND, or the reason why this user has no permission */
export function assertMay(conversation: ConversationState, operation: Operation, userId: string): void {
  assertGroup(conversation);
  const code = conversation.access.permit(operation, userId);
  if (code !== Code.OK) throw new NexoError(code);
}

function assertGroup(conversation: ConversationState): Readonly<StoredConversation> {
  const { room, ref } = conversation;
  const { row } = room;
  if (!row || ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
  return row;
}

function toPlace({ role, join_seq, joined_at, user_id }: Place): string {
  return `${role}.${join_seq}.${joined_at}.${user_id}`;
}

function placeOf(cursor: string): Place {
  const match = /^([123])\.(\d{1,16})\.(\d{1,16})\.(.+)$/.exec(cursor);
  const [, role, joinSeq, joinedAt, userId = ""] = match ?? [];
  if (!ID.test(userId)) {
    throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
  }
  const roles = { 1: Role.MEMBER, 2: Role.ADMIN, 3: Role.OWNER } as const;
  return {
    role: roles[role as "1" | "2" | "3"],
    join_seq: Number(joinSeq),
    joined_at: Number(joinedAt),
    user_id: userId,
  };
}
