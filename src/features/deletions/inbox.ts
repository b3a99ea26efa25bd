import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { operateFromInbox, operationRequest } from "../../core/message-operations.ts";
import { Cost } from "../../core/rates/costs.ts";
import { Request } from "../../protocol/frames.ts";
import { deleteForMe } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.DELETE>;

/** Deletions by the user of an Inbox. */
export function deletions(context: InboxContext) {
  const frames: Frames = {
    [Request.DELETE]: (input, asker) => operateFromInbox(context, deleteForMe, input, asker),
  };
  return {
    requests: [operationRequest(context, deleteForMe)],
    frames,
    frameCosts: { [Request.DELETE]: Cost.ASKS },
  } satisfies InboxFeature;
}
