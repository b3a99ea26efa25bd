import type { ConversationState } from "../../core/log/state.ts";
import type { ConversationStore } from "../../core/log/store.ts";
import { visibleRange } from "../../core/member.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { ID } from "../../protocol/ids.ts";
import type { ReadBy, ReadState } from "../../protocol/model.ts";

/**
 * The newest seq, mark and unread count for a user.
 * @param readSeq unread is counted from here instead of from the user's mark
 * @throws NexoError NO_PERMISSION
 */
export function readStateOf(conversation: ConversationState, userId: string, readSeq?: number): ReadState {
  const member = conversation.access.reader(userId);
  if (!member) return { max_seq: 0, rev: 0, read_seq: 0, unread_count: 0 };
  const { sight } = conversation;
  return {
    max_seq: sight.max(member),
    rev: sight.rev(member),
    read_seq: member.read_seq,
    unread_count: sight.unread(member, readSeq),
  };
}

/**
 * The active members, except the sender, who have read a message, ordered by user_id. [READ-5]
 * @param after the last user_id of the previous page, "" for the first
 * @throws NexoError NO_PERMISSION also for former members, MESSAGE_NOT_FOUND when the caller does not see it
 */
export function readersOf(
  conversation: ConversationState,
  store: ConversationStore,
  { user_id: userId, seq, after, limit }: { user_id: string; seq: number; after: string; limit: number },
): { readers: ReadBy[]; next: string } {
  if (after !== "" && !ID.test(after)) {
    throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
  }
  const reader = conversation.access.reader(userId, "read_by");
  const range = reader && visibleRange(reader, conversation.version.seq, seq, seq);
  const message = range && range.from <= range.to ? store.message(seq) : undefined;
  if (!message) throw new NexoError(Code.MESSAGE_NOT_FOUND);
  // One more than the page for the sender, who is not shown, and one to know whether there is a next page.
  const stored = store.members.readersOf(seq, after, limit + 2);
  const newer = conversation.unwrittenReads.filter((member) => member.read_seq >= seq && member.min_seq <= seq);
  const found = new Map([...stored, ...newer].map(({ user_id, read_seq }) => [user_id, { user_id, read_seq }]));
  const all = [...found.values()]
    .filter(({ user_id }) => user_id > after && user_id !== message.sender_id)
    .sort((a, b) => (a.user_id < b.user_id ? -1 : 1));
  const readers = all.slice(0, limit);
  return { readers, next: all.length > limit ? (readers.at(-1)?.user_id ?? "") : "" };
}
