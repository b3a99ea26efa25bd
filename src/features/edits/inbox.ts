import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { operateFromInbox, operationRequest } from "../../core/message-operations.ts";
import { Cost } from "../../core/rates/costs.ts";
import { contentText } from "../../protocol/content.ts";
import { Request } from "../../protocol/frames.ts";
import { edit } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.EDIT>;

/** Edits by the user of an Inbox. */
export function edits(context: InboxContext) {
  const frames: Frames = {
    [Request.EDIT]: ({ content, ...asked }, asker, source) =>
      operateFromInbox(context, edit, { ...asked, content: contentText(content, source) }, asker),
  };
  return {
    requests: [operationRequest(context, edit)],
    frames,
    frameCosts: { [Request.EDIT]: Cost.ASKS },
  } satisfies InboxFeature;
}
