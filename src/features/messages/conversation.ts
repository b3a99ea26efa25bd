import {
  assertHere,
  type ConversationContext,
  type ConversationFeature,
  type ConversationFrameHandlers,
} from "../../core/conversation.ts";
import { LogReader } from "../../core/log/reader.ts";
import { handle } from "../../core/rpc.ts";
import { Json } from "../../durable/json.ts";
import { Request } from "../../protocol/frames.ts";
import { pull } from "./calls.ts";

type Frames = Pick<ConversationFrameHandlers, typeof Request.PULL_LIST | typeof Request.PULL_RANGE>;

/** Reading the messages of a Conversation. */
export function messages({ conversation, store, flush }: ConversationContext) {
  const reader = new LogReader(conversation, store);
  const frames: Frames = {
    [Request.PULL_LIST]: ({ conversation_id, wanted }, { userId }) => {
      assertHere(conversation, conversation_id);
      return new Json(reader.pull(userId, wanted));
    },
    [Request.PULL_RANGE]: ({ conversation_id, range }, { userId }) => {
      assertHere(conversation, conversation_id);
      return new Json(reader.pull(userId, range));
    },
  };
  return {
    calls: [
      handle(pull, ({ user_id, wanted }) => {
        flush();
        return reader.pull(user_id, wanted);
      }),
    ],
    frames,
  } satisfies ConversationFeature;
}
