import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handleRequest } from "../../core/rpc.ts";
import { Json } from "../../durable/json.ts";
import { Request } from "../../protocol/frames.ts";
import { changes, pull, sendMessage } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.PULL_LIST | typeof Request.PULL_RANGE | typeof Request.CHANGES>;

/** Messages in an Inbox: sending and reading them. */
export function messages({ userId: user_id, outbound }: InboxContext) {
  const frames: Frames = {
    [Request.PULL_LIST]: async ({ conversation_id, wanted, quoted }) =>
      new Json(await outbound.ask(conversation_id, pull, { user_id, wanted, quoted })),
    [Request.PULL_RANGE]: async ({ conversation_id, range: wanted, quoted }) =>
      new Json(await outbound.ask(conversation_id, pull, { user_id, wanted, quoted })),
    [Request.CHANGES]: async ({ conversation_id, wanted }) =>
      new Json(await outbound.ask(conversation_id, changes, { user_id, wanted })),
  };
  return {
    // A send counts against the rate of sends only. [RATE-1]
    requests: [handleRequest(sendMessage, 0, ({ conversation_id, send }) => outbound.send(conversation_id, send))],
    frames,
    frameCosts: { [Request.PULL_LIST]: Cost.ASKS, [Request.PULL_RANGE]: Cost.ASKS, [Request.CHANGES]: Cost.ASKS },
  } satisfies InboxFeature;
}
