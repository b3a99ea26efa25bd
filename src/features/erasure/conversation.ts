import { type ConversationContext, type ConversationFeature, handleOperation } from "../../core/conversation.ts";
import { isRecalled } from "../../core/log/amended.ts";
import type { Operated } from "../../core/log/operated.ts";
import { eraseTraces, leaveForGood } from "./calls.ts";
import { departureOf } from "./departure.ts";

/** Messages that one call takes away. */
const BATCH = 200;

/** A user whose account is erased leaves the conversation, and what they have left in it goes. [ERASE-1] [ERASE-2] */
export function erasure({ conversation, store, card, now, erased }: ConversationContext) {
  function leave(userId: string): Operated {
    const departed: string[] = [];
    // An owner first hands the group over. Both plans are carried out in one turn, so both are stored or neither.
    for (let plan = next(userId); plan; plan = next(userId)) {
      departed.push(...conversation.carryOut(plan, userId).departed);
    }
    return { results: [], read_seq: 0, departed };
  }

  function next(userId: string) {
    return departureOf(conversation, userId, () => {
      // Rows are in the order of lists. The newest state of a member is in memory: sends have moved its read mark.
      const oldest = store.members.page(undefined, 2).find((one) => one.user_id !== userId);
      return oldest && conversation.member(oldest.user_id);
    });
  }

  return {
    operations: [
      handleOperation(
        leaveForGood,
        (_, { user_id }) => leave(user_id),
        async () => {
          if (conversation.ref.type === 2 && conversation.isBorn) await card.load();
        },
      ),
      handleOperation(eraseTraces, ({ mode, cursor }, { user_id }) => {
        if (!conversation.isBorn) return { results: [], read_seq: 0, departed: [], answer: `{"next":null}` };
        const messages = mode === "messages" ? store.messagesOf(user_id, cursor, BATCH) : [];
        const isLast = messages.length < BATCH;
        let isGone = false;
        const operated = conversation.erase(user_id, (amendments) => {
          for (const message of messages) if (!isRecalled(message)) amendments.recall(message, user_id);
          if (isLast) isGone = erased({ user_id, mode, limit: BATCH, at: now() }, amendments);
        });
        const after = messages.at(-1)?.client_msg_id ?? cursor;
        return { ...operated, answer: JSON.stringify({ next: isLast && isGone ? null : after }) };
      }),
    ],
  } satisfies ConversationFeature;
}
