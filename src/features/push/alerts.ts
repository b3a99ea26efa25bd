import type { ListEntry } from "../../core/list/entry.ts";
import { isCountable, type Message, type Millis, RecvMsgOpt } from "../../protocol/model.ts";
import { TIME_TO_LIVE } from "./channel.ts";

/** Whether the user wants to hear of a conversation now: it is not silenced, refused, archived or snoozed. */
export function hasAlerts({ recv_msg_opt, is_archived, snooze_until }: ListEntry, now: Millis): boolean {
  return recv_msg_opt === RecvMsgOpt.NORMAL && !is_archived && snooze_until <= now;
}

/**
 * Whether a notification may go out for a message: another user's, unread, that counts, in a conversation with alerts.
 * Not for one older than a push service would keep it: an import, or an inbox that was out of reach for a day.
 * [NOTIFY-1]
 * @param line the message as JSON
 */
export function isAlerting(line: string, entry: ListEntry, userId: string, now: Millis): boolean {
  if (!hasAlerts(entry, now)) return false;
  const { sender_id, msg_type, seq, send_at }: Message = JSON.parse(line);
  const isFresh = now - send_at < TIME_TO_LIVE * 1_000;
  return sender_id !== userId && isCountable(msg_type) && seq > entry.read_seq && isFresh;
}
