import type { Beside } from "../../core/delivery/update.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { isCountable, type Message, type Millis, RecvMsgOpt } from "../../protocol/model.ts";
import { TIME_TO_LIVE } from "./channel.ts";

/** A message that may be notified of. */
export interface Alert {
  readonly seq: number;
  /** Whether it mentions the user, or replies to them: then it is notified of where other messages are not. */
  readonly isNamed: boolean;
}

/** What an alert depends on besides the conversation. */
export interface Alerting {
  readonly userId: string;
  readonly now: Millis;
  /** Whether the user asked for every message of a large group. */
  readonly isEvery: (conversationId: string) => boolean;
}

/**
 * Whether the user wants to hear of every message of a conversation now: it is not silenced, refused, archived or
 * snoozed, and if it is a large group, they have asked for that.
 */
export function hasAlerts(entry: ListEntry, { now, isEvery }: Pick<Alerting, "now" | "isEvery">): boolean {
  const { recv_msg_opt, is_archived, snooze_until, large, conversation_id } = entry;
  const isQuiet = recv_msg_opt !== RecvMsgOpt.NORMAL || is_archived || snooze_until > now;
  return !isQuiet && (!large || isEvery(conversation_id));
}

/**
 * The message as one to notify of: another user's, unread, that counts, and not imported from another server. Null if
 * the user does not want to hear of it, and for one older than a push service would keep it. [NOTIFY-1]
 * @param line the message as JSON
 */
export function alertOf(line: string, entry: ListEntry, beside: Beside, alerting: Alerting): Alert | null {
  const { userId, now } = alerting;
  if (entry.recv_msg_opt === RecvMsgOpt.REFUSE) return null;
  const { imported_seq = 0, reply_seq = 0 } = beside;
  const { sender_id, msg_type, seq, send_at, meta }: Message = JSON.parse(line);
  const isFresh = now - send_at < TIME_TO_LIVE * 1_000;
  const isNews = sender_id !== userId && isCountable(msg_type) && seq > entry.read_seq && seq > imported_seq;
  if (!isFresh || !isNews) return null;
  const isMentioned = meta !== null && (meta.mention_all || meta.mentions.includes(userId));
  const isNamed = isMentioned || seq === reply_seq;
  return isNamed || hasAlerts(entry, alerting) ? { seq, isNamed } : null;
}

/**
 * The messages that were recalled, among those that changed.
 * @returns null if so many changed that they did not come along: any may have been recalled
 */
export function recalledAmong(changed: Beside["changed"]): ReadonlySet<number> | null {
  if (!changed) return new Set();
  if (changed.lines.length === 0 && changed.deleted.length === 0) return null;
  const messages: Message[] = changed.lines.map((line) => JSON.parse(line));
  return new Set(messages.filter(({ amended }) => (amended?.recalled_at ?? 0) > 0).map(({ seq }) => seq));
}
