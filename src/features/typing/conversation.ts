import {
  assertHere,
  type ConversationContext,
  type ConversationFeature,
  type ConversationFrameHandlers,
} from "../../core/conversation.ts";
import { askObject, handle } from "../../core/rpc.ts";
import { PushFrame } from "../../durable/sockets.ts";
import { Push, Request } from "../../protocol/frames.ts";
import { setTyping, showTyping } from "./calls.ts";
import { Typing } from "./typing.ts";

type Frames = Pick<ConversationFrameHandlers, typeof Request.TYPING>;

/** Typing in a Conversation. */
export function typing(context: ConversationContext) {
  const { env, conversation, now, wakeAt } = context;
  const typists = new Typing({
    conversation,
    show: (typistId, isTyping) => pushTyping(context, typistId, isTyping),
    showTo: (memberId, user_id, isTyping) => {
      const shown = { conversation_id: conversation.conversationId, user_id, typing: isTyping };
      return askObject(env.INBOX.getByName(memberId), showTyping, shown);
    },
    now,
    wakeAt,
  });
  const frames: Frames = {
    [Request.TYPING]: ({ conversation_id, typing: isTyping }, { userId }) => {
      assertHere(conversation, conversation_id);
      typists.set(userId, isTyping);
      return {};
    },
  };
  return {
    calls: [handle(setTyping, ({ user_id, typing: isTyping }) => typists.set(user_id, isTyping))],
    frames,
    operated: () => typists.settle(),
    alarm: () => typists.alarm(),
  } satisfies ConversationFeature;
}

/** Typing is shown to everyone who may see the conversation now, except the typist. */
function pushTyping({ conversation, sockets }: ConversationContext, typistId: string, isTyping: boolean): void {
  const data = { conversation_id: conversation.conversationId, user_id: typistId, typing: isTyping };
  const frame = new PushFrame(Push.TYPING, JSON.stringify(data));
  for (const [socket, { user_id }] of sockets.hearing()) {
    if (user_id !== typistId && conversation.isActiveMember(user_id)) sockets.push(socket, frame);
  }
}
