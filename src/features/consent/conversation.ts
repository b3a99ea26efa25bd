import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { handle } from "../../core/rpc.ts";
import type { Millis } from "../../protocol/model.ts";
import { setRefusal } from "./calls.ts";

/** A single chat learns whether its users take messages from each other. */
export function consent({ conversation, flush, change }: ConversationContext) {
  /** The newest call of each user. In memory only: a call that outlives both objects is too rare for a row. */
  const newest = new Map<string, Millis>();
  return {
    calls: [
      handle(setRefusal, ({ user_id, refusal, at = Date.now() }) => {
        // A call of an earlier life of the inbox may arrive late.
        if (at < (newest.get(user_id) ?? 0)) return conversation.isBorn;
        newest.set(user_id, at);
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
