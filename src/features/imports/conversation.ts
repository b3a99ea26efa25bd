import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { handle } from "../../core/rpc.ts";
import { importMessages } from "./calls.ts";

/** Taking the history of another server into a Conversation. */
export function imports({ conversation, flush, changed }: ConversationContext) {
  return {
    calls: [
      handle(importMessages, ({ messages, reads }) => {
        flush();
        const imported = conversation.importMessages(messages);
        const members = reads.filter(({ user_id }) => conversation.activeMembers.has(user_id));
        for (const { user_id, read_seq } of members) conversation.markRead(user_id, read_seq);
        if (imported > 0 || members.length > 0) changed();
        return { imported, max_seq: conversation.version.seq };
      }),
    ],
  } satisfies ConversationFeature;
}
