import { declareCall } from "../../core/call.ts";

/** A request of a user to their Inbox: whether they may report once more. @throws NexoError TOO_MANY_REQUESTS */
export const admitReport = declareCall<null, void>("reports.admit");

/**
 * A call to a Conversation: a message that a user sees, with those before and after it that they see, as a JSON array.
 * @throws NexoError NO_PERMISSION, MESSAGE_NOT_FOUND
 */
export const seenAround = declareCall<
  { readonly user_id: string; readonly seq: number },
  { readonly sender_id: string; readonly messages: string }
>("reports.seen_around");
