import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import { hasEnded } from "../../core/list/entry.ts";
import { Cost } from "../../core/rates/costs.ts";
import { askObject, handle } from "../../core/rpc.ts";
import { PushFrame } from "../../durable/sockets.ts";
import { Push, Request } from "../../protocol/frames.ts";
import { setTyping, showTyping } from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.TYPING>;

/** Typing in the user's Inbox: what the user sends and what they see. */
export function typing({ env, userId, list, sockets, outbound }: InboxContext) {
  const frames: Frames = {
    [Request.TYPING]: async ({ conversation_id, typing: isTyping }) => {
      const conversation = env.CONVERSATION.getByName(conversation_id);
      // It is shown at once, and delays no send. Its answer waits for those before it. [SEND-5]
      const shown = askObject(conversation, setTyping, { user_id: userId, typing: isTyping });
      const [refused] = await Promise.allSettled([shown, outbound.inTurn(conversation_id)]);
      if (refused.status === "rejected") throw refused.reason;
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
