import type { OperateCall } from "../../core/calls.ts";
import type { ConversationContext, ConversationFeature, ConversationFrameHandlers } from "../../core/conversation.ts";
import type { Operated } from "../../core/log/operated.ts";
import { messageOperation, operateHere } from "../../core/message-operations.ts";
import { Code } from "../../protocol/codes.ts";
import { Request } from "../../protocol/frames.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { deleteForMe } from "./calls.ts";

type Frames = Pick<ConversationFrameHandlers, typeof Request.DELETE>;

/** Deleting messages for oneself. Nobody else learns of it. [OPS-5] */
export function deletions(context: ConversationContext) {
  const { conversation } = context;

  function run({ seqs }: { readonly seqs: readonly number[] }, call: Pick<OperateCall, "user_id">): Operated {
    const member = conversation.access.reader(call.user_id);
    const { sight, marks } = conversation;
    const max = member ? sight.max(member) : 0;
    const gone = new Set(member ? sight.deleted(member, Math.min(...seqs), Math.max(...seqs)) : []);
    let left = member ? LIMITS.deletions - marks.count("deleted", member.user_id) : 0;
    const results = seqs.map((seq) => {
      if (!member || seq < member.min_seq || seq > max) return { seq, code: Code.MESSAGE_NOT_FOUND };
      if (gone.has(seq)) return { seq, code: Code.OK };
      return { seq, code: left-- > 0 ? Code.OK : Code.TOO_MANY };
    });
    const due = results.filter(({ seq, code }) => code === Code.OK && !gone.has(seq)).map(({ seq }) => seq);
    const operated = conversation.amend(call, due.length, (amendments) => {
      if (member) amendments.deleteFor(member, due);
    });
    const after = conversation.member(call.user_id);
    return { ...operated, answer: JSON.stringify({ results, rev: after ? sight.rev(after) : 0 }) };
  }

  const frames: Frames = {
    [Request.DELETE]: (input, asker) => operateHere(context, deleteForMe, run, { input, asker }),
  };
  return { operations: [messageOperation(deleteForMe, run)], frames } satisfies ConversationFeature;
}
