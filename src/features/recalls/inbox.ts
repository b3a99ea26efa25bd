import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { operateFromInbox, operationRequest } from "../../core/message-operations.ts";
import { Cost } from "../../core/rates/costs.ts";
import { Request } from "../../protocol/frames.ts";
import { recall } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.RECALL>;

/** Recalls by the user of an Inbox. */
export function recalls(context: InboxContext) {
  const frames: Frames = {
    [Request.RECALL]: (input, asker) => operateFromInbox(context, recall, input, asker),
  };
  return {
    requests: [operationRequest(context, recall)],
    frames,
    frameCosts: { [Request.RECALL]: Cost.ASKS },
  } satisfies InboxFeature;
}
