import type { NewMessage } from "../../core/calls.ts";
import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handleRequest } from "../../core/rpc.ts";
import { forwardable, forwardMessages } from "./calls.ts";

/** Forwarding: new messages with the content of others. Each counts as a send. [RATE-1] */
export function forwards({ userId: user_id, outbound, contentFor }: InboxContext) {
  return {
    requests: [
      handleRequest(forwardMessages, Cost.ASKS, async ({ from_conversation_id: from, seqs, ...to }) => {
        const found = await outbound.ask(from, forwardable, { user_id, seqs });
        const sends: NewMessage[] = [];
        for (const [index, { forwarded, ...message }] of found.entries()) {
          const send = { ...message, client_msg_id: to.client_msg_ids[index] ?? "", meta: { forwarded } };
          // One after the other, since a user has few uploads at once.
          sends.push({ ...send, content: await contentFor(to.conversation_id, send) });
        }
        const sent = sends.map((send) => outbound.send(to.conversation_id, send));
        return `[${(await Promise.all(sent)).join(",")}]`;
      }),
    ],
  } satisfies InboxFeature;
}
