import type { OperateCall } from "../../core/calls.ts";
import type { ConversationContext, ConversationFeature, ConversationFrameHandlers } from "../../core/conversation.ts";
import { amendedOf } from "../../core/log/amended.ts";
import { attempt } from "../../core/log/attempt.ts";
import type { Operated } from "../../core/log/operated.ts";
import { isActive } from "../../core/member.ts";
import { messageOperation, operateHere } from "../../core/message-operations.ts";
import { handle } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { Request } from "../../protocol/frames.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { NoticeType } from "../../protocol/model.ts";
import { listPins, type Pin, pin } from "./calls.ts";

type Frames = Pick<ConversationFrameHandlers, typeof Request.PIN>;

/**
 * Pinned messages. In a group the owner and admins pin, and a notice says so; in a single chat
 * pinning takes the right to react, which a user whom the peer refuses does not have. [BLOCK-1]
 */
export function pins(context: ConversationContext) {
  const { conversation, reader } = context;
  const isGroup = conversation.ref.type === 2;

  function run({ seq, on }: Pin, call: Pick<OperateCall, "user_id">): Operated {
    const { user_id } = call;
    const tried = attempt(conversation, isGroup ? "pin" : "react", user_id);
    const message = tried.message(seq);
    tried.assertState();
    const { pinned_at, recalled_at } = amendedOf(message);
    const isReached = pinned_at > 0 === on;
    if (!isReached) {
      if (recalled_at > 0) throw new NexoError(Code.MESSAGE_CHANGED);
      if (on && conversation.marks.count("pinned") >= LIMITS.pins) {
        throw new NexoError(Code.TOO_MANY, `a conversation has at most ${LIMITS.pins} pinned messages`);
      }
      // A muted admin has the right to pin, but not while muted.
      attempt(conversation, "react", user_id).assertUnmuted();
      conversation.messages.assertRoom();
    }
    const operated = conversation.amend(call, isReached ? 0 : 1, (amendments) => {
      amendments.pin(message, user_id, on);
      if (on && isGroup) amendments.notice(user_id, NoticeType.PINNED, { operator_id: user_id, user_ids: [], seq });
    });
    return { ...operated, answer: `{"message":${reader.line(user_id, seq)},"rev":${tried.rev()}}` };
  }

  const frames: Frames = {
    [Request.PIN]: (input, asker) => operateHere(context, pin, run, { input, asker }),
  };

  return {
    operations: [messageOperation(pin, run)],
    calls: [
      handle(listPins, ({ user_id }) => {
        const member = conversation.access.reader(user_id);
        // Former members see no pins.
        if (!member || !isActive(member)) return "[]";
        const seqs = conversation.marks.since("pinned", 0).map(({ seq }) => seq);
        return `[${reader.listed(member, seqs.reverse()).join(",")}]`;
      }),
    ],
    frames,
  } satisfies ConversationFeature;
}
