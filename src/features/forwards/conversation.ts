import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { isRecalled, metaOf } from "../../core/log/amended.ts";
import { visibleMessages } from "../../core/log/attempt.ts";
import { handle } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { isCountable } from "../../protocol/model.ts";
import { forwardable } from "./calls.ts";

/** What may be forwarded from a Conversation: what its reader sees, except notices and what was recalled. */
export function forwards({ conversation, flush }: ConversationContext) {
  return {
    calls: [
      handle(forwardable, ({ user_id, seqs }) => {
        flush();
        const member = conversation.access.reader(user_id);
        const visible = new Map(
          (member ? visibleMessages(conversation, member, seqs) : []).map((message) => [message.seq, message]),
        );
        return seqs.map((seq) => {
          const message = visible.get(seq);
          if (!message || isRecalled(message) || !isCountable(message.msg_type)) {
            throw new NexoError(Code.MESSAGE_NOT_FOUND, `seqs: message ${seq} cannot be forwarded`);
          }
          const { msg_type, content, sender_id, send_at } = message;
          // A message that was forwarded already keeps its first author. The conversation it came from is not named.
          return { msg_type, content, forwarded: metaOf(message)?.forwarded ?? { sender_id, send_at } };
        });
      }),
    ],
  } satisfies ConversationFeature;
}
