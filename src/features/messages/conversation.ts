import {
  assertHere,
  type ConversationContext,
  type ConversationFeature,
  type ConversationFrameHandlers,
} from "../../core/conversation.ts";
import { handle } from "../../core/rpc.ts";
import { Json } from "../../durable/json.ts";
import { Request } from "../../protocol/frames.ts";
import { changes, pull } from "./calls.ts";

type Frames = Pick<
  ConversationFrameHandlers,
  typeof Request.PULL_LIST | typeof Request.PULL_RANGE | typeof Request.CHANGES
>;

/** Reading the messages of a Conversation. */
export function messages({ conversation, reader, flush }: ConversationContext) {
  const frames: Frames = {
    [Request.PULL_LIST]: ({ conversation_id, wanted, quoted }, { userId }) => {
      assertHere(conversation, conversation_id);
      return new Json(reader.pull(userId, wanted, quoted));
    },
    [Request.PULL_RANGE]: ({ conversation_id, range, quoted }, { userId }) => {
      assertHere(conversation, conversation_id);
      return new Json(reader.pull(userId, range, quoted));
    },
    [Request.CHANGES]: ({ conversation_id, wanted }, { userId }) => {
      assertHere(conversation, conversation_id);
      return new Json(reader.changes(userId, wanted));
    },
  };
  return {
    calls: [
      handle(pull, ({ user_id, wanted, quoted }) => {
        flush();
        return reader.pull(user_id, wanted, quoted);
      }),
      handle(changes, ({ user_id, wanted }) => reader.changes(user_id, wanted)),
    ],
    frames,
  } satisfies ConversationFeature;
}
