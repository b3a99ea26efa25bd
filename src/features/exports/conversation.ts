import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { visibleMessages } from "../../core/log/attempt.ts";
import { changedOf } from "../../core/log/reader.ts";
import { handle } from "../../core/rpc.ts";
import { filesOf } from "../../protocol/media-ids.ts";
import { exportPage, PAGE } from "./calls.ts";

/** What a user sees of a Conversation, for an export. [EXPORT-1] */
export function exporting({ conversation, reader, flush }: ConversationContext) {
  return {
    calls: [
      handle(exportPage, ({ user_id, begin_seq }) => {
        flush();
        const { conversationId, messages, sight, access } = conversation;
        const member = access.reader(user_id);
        if (!member) return { lines: [], next: 0 };
        const max = sight.max(member);
        const from = Math.max(begin_seq, member.min_seq, 1);
        const to = Math.min(from + PAGE - 1, max);
        const seqs = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
        const seen = visibleMessages(conversation, member, seqs);
        const mine: Record<string, string[]> = JSON.parse(reader.mine(member, changedOf(seen)));
        // The digits of numbers in contents stay as they are, so messages are not parsed. [SEND-4]
        const lines = seen.flatMap((message) => {
          const own = mine[message.seq];
          const reactions = own ? `,"my_reactions":${JSON.stringify(own)}` : "";
          const files = filesOf(message.msg_type, message.content).map((media_id) =>
            JSON.stringify({ type: "media", media_id, conversation_id: conversationId, seq: message.seq }),
          );
          return [`{"type":"message","message":${messages.line(message)}${reactions}}`, ...files];
        });
        return { lines, next: to < max ? to + 1 : 0 };
      }),
    ],
  } satisfies ConversationFeature;
}
