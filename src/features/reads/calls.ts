import { declareCall, type Operation } from "../../core/call.ts";
import type { ReadBy, ReadState } from "../../protocol/model.ts";

/** The exact newest seq, mark and unread count for a user. Unread is counted from read_seq, if that is given. */
export const readState = declareCall<{ readonly user_id: string; readonly read_seq?: number | undefined }, ReadState>(
  "reads.state",
);

/** A page of the users who have read a message, by user_id. @throws NexoError NO_PERMISSION, MESSAGE_NOT_FOUND */
export const readBy = declareCall<
  { readonly user_id: string; readonly seq: number; readonly after: string; readonly limit: number },
  { readonly readers: readonly ReadBy[]; readonly next: string }
>("reads.by");

/** Moves the user's mark forward, never past what they see. [READ-1] */
export const markOperation: Operation<{ readonly read_seq: number }> = declareCall("reads.mark");

/** A request of a user to their Inbox: moves the mark. The list shows it once this is answered. [READ-3] */
export const markRead = declareCall<{ readonly conversation_id: string; readonly read_seq: number }, void>(
  "reads.mark",
);

/** A request of a user to their Inbox: unread over all conversations, those that alert and those that do not. */
export const unreadTotals = declareCall<null, { readonly unread_count: number; readonly muted_unread_count: number }>(
  "reads.totals",
);
