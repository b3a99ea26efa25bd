import type { Place } from "../../core/log/member-store.ts";
import type { ConversationState } from "../../core/log/state.ts";
import type { ConversationStore, StoredConversation } from "../../core/log/store.ts";
import type { Member } from "../../core/member.ts";
import type { Operation } from "../../core/permissions.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { ID } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { Role } from "../../protocol/model.ts";
import type { BookStore } from "./book-store.ts";
import type { GroupFacts } from "./calls.ts";

/** @throws NexoError GROUP_NOT_FOUND */
export function factsOf(
  conversation: ConversationState,
  store: ConversationStore,
  { book, viewer }: { readonly book: BookStore; readonly viewer: { readonly user_id: string } | null },
): GroupFacts {
  const { status } = assertGroup(conversation);
  const { memberCount: member_count } = conversation;
  const texts = book.texts();
  // It is said to the members, like a message: who left learns nothing of what came after. [VIS-5]
  const isTold = viewer === null || conversation.isActiveMember(viewer.user_id);
  return {
    status,
    owner_user_id: store.members.ownerId() ?? "",
    member_count,
    rules: conversation.room.switches.rules,
    texts: isTold ? texts : { ...texts, announcement: "" },
  };
}

type Moment = { readonly time: number; readonly id: string };

/**
 * A page of a list of users that is ordered by a time and the user_id.
 * @throws NexoError INVALID_PARAMETER for a cursor that was never given
 */
export function pageByTime<Field extends string, T extends { user_id: string } & Record<Field, number>>(
  cursor: string,
  limit: number,
  field: Field,
  read: (after: Moment | undefined, limit: number) => readonly T[],
): { items: readonly T[]; next: string } {
  const [, time, id = ""] = /^(\d{1,16})\.(.+)$/.exec(cursor) ?? [];
  if (cursor !== "" && !ID.test(id)) throw wrongCursor();
  const found = read(cursor === "" ? undefined : { time: Number(time), id }, limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last && found.length > limit ? `${last[field]}.${last.user_id}` : "" };
}

function wrongCursor(): NexoError {
  return new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
}

/**
 * A page of the active members, at most 500: the owner and admins first, then in order of joining.
 * @param after the end of the previous page, "" for the first
 * @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, INVALID_PARAMETER
 */
export function pageOfMembers(
  conversation: ConversationState,
  store: ConversationStore,
  { user_id, after, limit: wanted }: { user_id: string; after: string; limit: number },
): { members: Member[]; next: string } {
  // D1 is asked for the names of all of them. [MEM-1]
  const limit = Math.min(wanted, LIMITS.listMembers);
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

/** The cursor after a member. */
export function toPlace({ role, join_seq, joined_at, user_id }: Place): string {
  return `${role}.${join_seq}.${joined_at}.${user_id}`;
}

function placeOf(cursor: string): Place {
  const match = /^([123])\.(\d{1,16})\.(\d{1,16})\.(.+)$/.exec(cursor);
  const [, role, joinSeq, joinedAt, userId = ""] = match ?? [];
  if (!ID.test(userId)) throw wrongCursor();
  const roles = { 1: Role.MEMBER, 2: Role.ADMIN, 3: Role.OWNER } as const;
  return {
    role: roles[role as "1" | "2" | "3"],
    join_seq: Number(joinSeq),
    joined_at: Number(joinedAt),
    user_id: userId,
  };
}
