import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { operateFromInbox, operationRequest } from "../../core/message-operations.ts";
import { Cost } from "../../core/rates/costs.ts";
import { Request } from "../../protocol/frames.ts";
import { pin } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.PIN>;

/** Pins by the user of an Inbox. */
export function pins(context: InboxContext) {
  const frames: Frames = {
    [Request.PIN]: (input, asker) => operateFromInbox(context, pin, input, asker),
  };
  return {
    requests: [operationRequest(context, pin)],
    frames,
    frameCosts: { [Request.PIN]: Cost.ASKS },
  } satisfies InboxFeature;
}
