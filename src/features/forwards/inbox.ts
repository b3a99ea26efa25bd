import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handleRequest } from "../../core/rpc.ts";
import { forwardable, forwardMessages } from "./calls.ts";

/** Forwarding: new messages with the content of others. Each counts as a send. [RATE-1] */
export function forwards({ userId: user_id, outbound }: InboxContext) {
  return {
    requests: [
      handleRequest(forwardMessages, Cost.ASKS, async ({ from_conversation_id: from, seqs, ...to }) => {
        const found = await outbound.ask(from, forwardable, { user_id, seqs });
        const sent = found.map(({ forwarded, ...message }, index) => {
          const client_msg_id = to.client_msg_ids[index] ?? "";
          return outbound.send(to.conversation_id, { ...message, client_msg_id, meta: { forwarded } });
        });
        return `[${(await Promise.all(sent)).join(",")}]`;
      }),
    ],
  } satisfies InboxFeature;
}
