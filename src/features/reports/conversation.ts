import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { visibleMessages } from "../../core/log/attempt.ts";
import type { StoredMessage } from "../../core/log/message.ts";
import { handle } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { seenAround } from "./calls.ts";

/** How many messages on each side of a reported one are kept with the report, and their greatest length together. */
const AROUND = { messages: 5, characters: 65_536 };

/** What a user saw around a message that they report. */
export function reporting({ conversation, flush }: ConversationContext) {
  return {
    calls: [
      handle(seenAround, ({ user_id, seq }) => {
        flush();
        const member = conversation.access.reader(user_id);
        const begin = Math.max(1, seq - AROUND.messages);
        const end = seq + AROUND.messages;
        const seqs = Array.from({ length: end - begin + 1 }, (_, index) => begin + index);
        const seen = member ? visibleMessages(conversation, member, seqs) : [];
        const reported = seen.find((message) => message.seq === seq);
        if (!reported) throw new NexoError(Code.MESSAGE_NOT_FOUND);
        const lines = fitting(seen, seq).map((message) => conversation.messages.line(message));
        return { sender_id: reported.sender_id, messages: `[${lines.join(",")}]` };
      }),
    ],
  } satisfies ConversationFeature;
}

/** The messages that fit beside the reported one, the nearest first, so that a long one far away keeps none out. */
function fitting(seen: readonly StoredMessage[], seq: number): StoredMessage[] {
  let room = AROUND.characters;
  const kept: StoredMessage[] = [];
  for (const message of seen.toSorted((a, b) => Math.abs(a.seq - seq) - Math.abs(b.seq - seq))) {
    if (message.seq !== seq && message.content.length > room) continue;
    room -= message.content.length;
    kept.push(message);
  }
  return kept.toSorted((a, b) => a.seq - b.seq);
}
