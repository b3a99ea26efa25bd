import { declareCall } from "../../core/call.ts";
import type { MessageMeta } from "../../protocol/model.ts";

/** A message as it is forwarded. */
export interface Forwardable {
  readonly msg_type: number;
  /** JSON text. */
  readonly content: string;
  readonly forwarded: NonNullable<MessageMeta["forwarded"]>;
}

/** Messages that a user sees, in the order asked. @throws NexoError NO_PERMISSION, MESSAGE_NOT_FOUND if one is missing */
export const forwardable = declareCall<
  { readonly user_id: string; readonly seqs: readonly number[] },
  readonly Forwardable[]
>("forwards.read");

/**
 * A request to the user's Inbox: sends messages of one conversation to another.
 * @returns the new messages as JSON of a list. @throws NexoError as a pull there and a send here
 */
export const forwardMessages = declareCall<
  {
    readonly from_conversation_id: string;
    readonly seqs: readonly number[];
    readonly conversation_id: string;
    readonly client_msg_ids: readonly string[];
  },
  string
>("forwards.forward");
