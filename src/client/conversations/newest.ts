import { newer as newerMessage } from "../messages/amended.ts";
import type { Conversation, Message } from "../messages/content.ts";

/** What has to be requested of a row: its unread count, or all of it, as its mentions are not known either. */
export type Lack = "unread" | "whole";

/**
 * The listed state, except where newer data is known: messages that arrived earlier by the conversation's own socket,
 * and marks, which never move back. If one side has the newest message and the other has the newest mark or the newest
 * change of messages, neither side's counts are right for both. [READ-1]
 * @param isExact whether the counts of the row before are right for its seqs and its rev
 */
export function newest(
  before: Conversation,
  listed: Conversation,
  isExact: boolean,
): Conversation & { lack: Lack | null } {
  const newer = isBehind(listed, before) ? before : listed;
  const { max_seq, last_message, updated_at } = newer;
  const read_seq = Math.max(before.read_seq, listed.read_seq);
  const rev = Math.max(revOf(before), revOf(listed));
  // What came ahead of a list lacks the recalls that the list knows.
  const source = [listed, ...(isExact ? [before] : [])].find(
    (one) => one.max_seq === max_seq && one.read_seq === read_seq && revOf(one) === rev,
  );
  const unread_count = source?.unread_count ?? Math.min(newer.unread_count, Math.max(max_seq - read_seq, 0));
  const { mention_count, mention_seq } = source ?? newer;
  const areMentionsKnown = isExact && before.mention_count + listed.mention_count === 0;
  // Recalls and read marks only lower a count, so zero stays right.
  const isCounted = source || read_seq >= max_seq || (unread_count === 0 && (isExact || newer === listed));
  return {
    ...listed,
    rev,
    max_seq,
    last_message: last_message && before.last_message ? sameOrNewer(before.last_message, last_message) : last_message,
    mention_count: Math.min(mention_count, unread_count),
    mention_seq: unread_count === 0 ? 0 : mention_seq,
    updated_at,
    read_seq,
    peer_read_seq: Math.max(before.peer_read_seq, listed.peer_read_seq),
    unread_count,
    lack: isCounted ? null : areMentionsKnown ? "unread" : "whole",
  };
}

/** A list may be from before a recall that was pushed. */
function isBehind(listed: Conversation, before: Conversation): boolean {
  return before.max_seq > listed.max_seq || revOf(listed) < revOf(before);
}

/** The rev of a row; a server of an earlier release says none. */
export function revOf({ rev = 0 }: Partial<Conversation>): number {
  return rev;
}

/** A list may be from before a change of its last message that was pushed. */
function sameOrNewer(before: Message, listed: Message): Message {
  return before.seq === listed.seq ? newerMessage(before, listed) : listed;
}
