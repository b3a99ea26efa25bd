import { type ConversationContext, type ConversationFeature, handleOperation } from "../../core/conversation.ts";
import { visibleMax } from "../../core/member.ts";
import { clearOperation } from "./calls.ts";

/** A user hides the messages so far from themselves. */
export function clearing({ conversation, card }: ConversationContext) {
  return {
    operations: [
      handleOperation(
        clearOperation,
        (_, { user_id }) => {
          const member = conversation.access.reader(user_id);
          const last = member ? visibleMax(member, conversation.version.seq) : 0;
          const isCleared = !member || member.min_seq > last;
          const read = { read_seq: last, read_count: conversation.messages.countableAt(last) };
          const ver = conversation.version.ver + 1;
          const members = isCleared ? [] : [{ ...member, ...read, min_seq: last + 1, ver }];
          return conversation.carryOut({ members, notice: null, results: [] }, user_id);
        },
        // Without the name the change is not pushed to the user's other devices.
        async () => {
          if (conversation.ref.type === 2) await card.load();
        },
      ),
    ],
  } satisfies ConversationFeature;
}
