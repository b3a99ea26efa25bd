import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { operateFromInbox, operationRequest } from "../../core/message-operations.ts";
import { Cost } from "../../core/rates/costs.ts";
import { Request } from "../../protocol/frames.ts";
import { react } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.REACT>;

/** Reactions by the user of an Inbox. */
export function reactions(context: InboxContext) {
  const frames: Frames = {
    [Request.REACT]: (input, asker) => operateFromInbox(context, react, input, asker),
  };
  return {
    requests: [operationRequest(context, react)],
    frames,
    frameCosts: { [Request.REACT]: Cost.ASKS },
  } satisfies InboxFeature;
}
