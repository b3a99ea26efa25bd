import type { Message as AnyMessage } from "../../protocol/model.ts";
import { type Conversation, type Message, typed } from "../messages/content.ts";
import { isCount, isRecord } from "../messages/outgoing.ts";
import type { UserCard } from "../users/users.ts";

/** The list at the time of writing, and the change up to which it is valid. */
export interface KeptList {
  /** 0 if the whole list has to be requested. */
  readonly cursor: number;
  readonly conversations: readonly Conversation[];
  /** Read marks that the server did not have yet. */
  readonly marks: readonly (readonly [conversationId: string, readSeq: number])[];
}

/** Parses a stored text; undefined if it is not JSON. */
export function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads a page of messages back; skips entries that are no messages or of another conversation. [HIST-3] */
export function readPage(value: unknown, conversationId: string): Message[] | null {
  if (!Array.isArray(value)) return null;
  return value
    .filter(isMessage)
    .filter((message) => message.conversation_id === conversationId)
    .map(typed);
}

/** Reads the list back; null if the data is no list. [HIST-3] */
export function readList(value: unknown): KeptList | null {
  if (!isRecord(value) || !isCount(value.cursor)) return null;
  const { cursor, conversations, marks } = value;
  if (!Array.isArray(conversations) || !conversations.every(isConversation) || !Array.isArray(marks)) return null;
  return { cursor, conversations, marks: marks.filter(isMark) };
}

/** Reads names and pictures back. */
export function readCards(value: unknown): UserCard[] {
  return Array.isArray(value) ? value.filter(isCard) : [];
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

/** Checks only the fields that the SDK relies on. */
function isMessage(value: unknown): value is AnyMessage {
  if (!isRecord(value) || !isRecord(value.content)) return false;
  const { conversation_id, client_msg_id, sender_id, recv_id, group_id, seq, send_at, msg_type } = value;
  const { meta = null, amended = null, mine = [] } = value;
  return (
    areTexts(conversation_id, client_msg_id, sender_id, recv_id, group_id) &&
    [seq, send_at, msg_type].every(isCount) &&
    (meta === null || isMeta(meta)) &&
    (amended === null || isAmended(amended)) &&
    Array.isArray(mine)
  );
}

function isMeta(value: unknown): boolean {
  return isRecord(value) && isCount(value.reply_to) && Array.isArray(value.mentions);
}

function isAmended(value: unknown): boolean {
  if (!isRecord(value) || !Array.isArray(value.reactions)) return false;
  return [value.rev, value.edited_at, value.recalled_at, value.pinned_at].every(isCount);
}

function isConversation(value: unknown): value is Conversation {
  if (!isRecord(value)) return false;
  const { conversation_id, peer_user_id, group_id, title, avatar, last_message } = value;
  const { max_seq, min_seq, read_seq, peer_read_seq, unread_count, updated_at, recv_msg_opt } = value;
  const counts = [max_seq, min_seq, read_seq, peer_read_seq, unread_count, updated_at, recv_msg_opt];
  return (
    areTexts(conversation_id, peer_user_id, group_id, title, avatar) &&
    counts.every(isCount) &&
    (last_message === null || isMessage(last_message))
  );
}

function isMark(value: unknown): value is readonly [string, number] {
  return Array.isArray(value) && typeof value[0] === "string" && isCount(value[1]);
}

function isCard(value: unknown): value is UserCard {
  return isRecord(value) && areTexts(value.user_id, value.nickname, value.avatar);
}
