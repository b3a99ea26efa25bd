import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { hasEnded } from "../../core/list/entry.ts";
import { Cost } from "../../core/rates/costs.ts";
import { askObject, handle } from "../../core/rpc.ts";
import { PushFrame } from "../../durable/sockets.ts";
import { Push, Request } from "../../protocol/frames.ts";
import { setTyping, showTyping } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.TYPING>;

/** Typing in the user's Inbox: what the user sends and what they see. */
export function typing({ env, userId, list, sockets }: InboxContext) {
  const frames: Frames = {
    [Request.TYPING]: async ({ conversation_id, typing: isTyping }) => {
      const conversation = env.CONVERSATION.getByName(conversation_id);
      await askObject(conversation, setTyping, { user_id: userId, typing: isTyping });
      return {};
    },
  };
  return {
    calls: [
      handle(showTyping, (shown) => {
        const frame = new PushFrame(Push.TYPING, JSON.stringify(shown));
        const isTooLate = shown.typing && hasEnded(list.get(shown.conversation_id));
        if (!isTooLate) for (const [socket] of sockets.hearing()) sockets.push(socket, frame);
        return sockets.size > 0;
      }),
    ],
    frames,
    frameCosts: { [Request.TYPING]: Cost.ASKS },
  } satisfies InboxFeature;
}
