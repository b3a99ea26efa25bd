import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { newestSeqs, totals } from "../../core/list/queries.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handleRequest } from "../../core/rpc.ts";
import { Request } from "../../protocol/frames.ts";
import { markOperation, markRead, readState, unreadTotals } from "./calls.ts";

type Frames = Pick<
  InboxFrameHandlers,
  typeof Request.NEWEST_SEQS | typeof Request.READ_STATE | typeof Request.MARK_READ
>;

/** The read marks of the user in all conversations. */
export function reads({ userId, list, inbound, outbound }: InboxContext) {
  const frames: Frames = {
    // A missing list, or an empty list as the original's clients send it, means all.
    [Request.NEWEST_SEQS]: async ({ conversation_ids: ids }) => {
      await inbound.catchUp();
      return { seqs: newestSeqs(list, ids?.length ? ids : undefined) };
    },
    [Request.READ_STATE]: ({ conversation_id }) => outbound.ask(conversation_id, readState, { user_id: userId }),
    [Request.MARK_READ]: async ({ conversation_id, read_seq: to }, asker) => {
      const marked = await outbound.operate(conversation_id, markOperation, { read_seq: to }, { asker });
      const { read_seq, prev, cursor } = marked;
      return { read_seq, prev, cursor };
    },
  };
  return {
    requests: [
      handleRequest(markRead, Cost.ASKS, async ({ conversation_id, read_seq }) => {
        await outbound.operate(conversation_id, markOperation, { read_seq });
      }),
      handleRequest(unreadTotals, Cost.OWN, async () => {
        await inbound.catchUp();
        return totals(list);
      }),
    ],
    frames,
    frameCosts: { [Request.READ_STATE]: Cost.ASKS, [Request.MARK_READ]: Cost.ASKS },
  } satisfies InboxFeature;
}
