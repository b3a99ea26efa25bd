import {
  assertHere,
  type ConversationContext,
  type ConversationFeature,
  type ConversationFrameHandlers,
  handleOperation,
} from "../../core/conversation.ts";
import type { Operated } from "../../core/log/operated.ts";
import { handle } from "../../core/rpc.ts";
import { PushFrame } from "../../durable/sockets.ts";
import { Push, Request } from "../../protocol/frames.ts";
import { markOperation, readBy, readState } from "./calls.ts";
import { readersOf, readStateOf } from "./readers.ts";

type Frames = Pick<
  ConversationFrameHandlers,
  typeof Request.NEWEST_SEQS | typeof Request.READ_STATE | typeof Request.MARK_READ
>;

/** Read marks in a Conversation, and what depends on them: unread counts and who has read a message. */
export function reads(context: ConversationContext) {
  const { conversation, store, flush, change, reach } = context;

  function mark(userId: string, readSeq: number, socket: WebSocket | null): Operated {
    const before = conversation.version.ver;
    const marked = conversation.markRead(userId, readSeq);
    if (conversation.version.ver > before) pushMark(context, userId, marked.read_seq, socket);
    return marked;
  }

  const frames: Frames = {
    [Request.NEWEST_SEQS]: ({ conversation_ids: ids }, { userId }) => {
      if (ids?.length && !ids.includes(conversation.conversationId)) return { seqs: {} };
      return { seqs: { [conversation.conversationId]: readStateOf(conversation, userId).max_seq } };
    },
    [Request.READ_STATE]: ({ conversation_id }, { userId }) => {
      assertHere(conversation, conversation_id);
      return readStateOf(conversation, userId);
    },
    [Request.MARK_READ]: async ({ conversation_id, read_seq: to }, { userId, socket }) => {
      assertHere(conversation, conversation_id);
      const { read_seq } = change(userId, socket, () => mark(userId, to, socket));
      // The reader's own inbox gets the mark before the answer is sent. [READ-3]
      await reach(userId);
      // The inbox is not asked, so the cursor is unknown here. 0 means that the client keeps its own cursor.
      return { read_seq, prev: 0, cursor: 0 };
    },
  };

  return {
    calls: [
      handle(readState, ({ user_id, read_seq }) => {
        flush();
        return readStateOf(conversation, user_id, read_seq);
      }),
      handle(readBy, (asked) => {
        flush();
        return readersOf(conversation, store, asked);
      }),
    ],
    operations: [handleOperation(markOperation, ({ read_seq }, { user_id }) => mark(user_id, read_seq, null))],
    frames,
  } satisfies ConversationFeature;
}

/** A read mark is pushed to the reader's other sockets, and in a single chat also to the peer's. [READ-4] */
function pushMark(context: ConversationContext, userId: string, readSeq: number, from: WebSocket | null): void {
  const { conversation, sockets } = context;
  const data = { conversation_id: conversation.conversationId, user_id: userId, read_seq: readSeq, prev: 0, cursor: 0 };
  const frame = new PushFrame(Push.READ, JSON.stringify(data));
  for (const [socket, state] of sockets.hearing()) {
    if (socket !== from && (conversation.ref.type === 1 || state.user_id === userId)) sockets.push(socket, frame);
  }
}
