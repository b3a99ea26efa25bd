import { declareCall } from "../../core/call.ts";
import type { NewMessage } from "../../core/calls.ts";
import type { PullRange } from "../../protocol/bodies.ts";

/** Messages as JSON of `{messages, max_seq}`, by range or by list of seqs. @throws NexoError NO_PERMISSION */
export const pull = declareCall<{ readonly user_id: string; readonly wanted: PullRange | readonly number[] }, string>(
  "messages.pull",
);

/** A request to the user's Inbox: sends a message and returns it as JSON. @throws NexoError in the contract's order */
export const sendMessage = declareCall<{ readonly conversation_id: string; readonly send: NewMessage }, string>(
  "messages.send",
);
