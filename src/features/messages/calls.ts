import { declareCall } from "../../core/call.ts";
import type { NewMessage } from "../../core/calls.ts";
import type { ChangesRequest } from "../../protocol/amend.ts";
import type { PullRange } from "../../protocol/bodies.ts";

/**
 * Messages as JSON of `{messages, max_seq, rev, mine, deleted}` in UTF-8, by range or by list of seqs; with the messages that
 * they reply to, if `quoted`. @throws NexoError NO_PERMISSION
 */
export const pull = declareCall<
  {
    readonly user_id: string;
    readonly wanted: PullRange | readonly number[];
    readonly quoted?: boolean;
  },
  Uint8Array
>("messages.page");

/** The messages that changed after a rev, as JSON of the answer to 1011. @throws NexoError NO_PERMISSION */
export const changes = declareCall<{ readonly user_id: string; readonly wanted: ChangesRequest }, string>(
  "messages.changes",
);

/** A request to the user's Inbox: sends a message and returns it as JSON. @throws NexoError in the contract's order */
export const sendMessage = declareCall<{ readonly conversation_id: string; readonly send: NewMessage }, string>(
  "messages.send",
);
