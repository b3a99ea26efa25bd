import type { ConversationContext, ConversationFeature } from "../../core/conversation.ts";
import { handle } from "../../core/rpc.ts";
import { listMentions } from "./calls.ts";

/** The messages that mention a user. Counting the unread ones belongs to the log. [OPS-7] */
export function mentions({ conversation, reader, flush }: ConversationContext) {
  return {
    calls: [
      handle(listMentions, ({ user_id, before, limit }) => {
        flush();
        const member = conversation.access.reader(user_id);
        if (!member) return { messages: "[]", next: "" };
        const end = conversation.sight.max(member) + 1;
        const range = { from: member.min_seq, before: Math.min(before ?? end, end), limit: limit + 1 };
        const seqs = conversation.marks.mentionsBefore(user_id, range);
        const page = seqs.slice(0, limit);
        const next = seqs.length > limit ? String(page.at(-1) ?? "") : "";
        return { messages: `[${reader.listed(member, page).join(",")}]`, next };
      }),
    ],
  } satisfies ConversationFeature;
}
