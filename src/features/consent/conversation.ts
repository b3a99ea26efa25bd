import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { handle } from "../../core/rpc.ts";
import { setRefusal } from "./calls.ts";

/** A single chat learns whether its users take messages from each other. */
export function consent({ conversation, flush, change }: ConversationContext) {
  return {
    calls: [
      handle(setRefusal, ({ user_id, refusal }) => {
        // Sends that were accepted before the call are not refused.
        flush();
        // As a change, so that the peer stops typing. Nobody is told: it raises no version.
        change(user_id, null, () => {
          conversation.refuse(user_id, refusal);
          return { results: [], read_seq: 0, departed: [] };
        });
        return conversation.isBorn;
      }),
    ],
  } satisfies ConversationFeature;
}
