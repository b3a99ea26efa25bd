import type { OperateCall } from "../../core/calls.ts";
import type { ConversationContext, ConversationFeature, ConversationFrameHandlers } from "../../core/conversation.ts";
import { isRecalled } from "../../core/log/amended.ts";
import { attempt, visibleMessages } from "../../core/log/attempt.ts";
import type { StoredMessage } from "../../core/log/message.ts";
import type { Operated } from "../../core/log/operated.ts";
import type { Member } from "../../core/member.ts";
import { messageOperation, operateHere } from "../../core/message-operations.ts";
import { settingsOf } from "../../env.ts";
import { Code } from "../../protocol/codes.ts";
import { Request } from "../../protocol/frames.ts";
import { isCountable, Role } from "../../protocol/model.ts";
import { recall } from "./calls.ts";

type Frames = Pick<ConversationFrameHandlers, typeof Request.RECALL>;

/** Taking messages back for everyone. [OPS-3] */
export function recalls(context: ConversationContext) {
  const { env, conversation, now } = context;
  const { RECALL_SECONDS: seconds } = settingsOf(env);

  function run({ seqs }: { readonly seqs: readonly number[] }, call: Pick<OperateCall, "user_id">): Operated {
    const tried = attempt(conversation, "recall", call.user_id);
    tried.assertState();
    const { member } = tried;
    const messages = member ? visibleMessages(conversation, member, seqs) : [];
    const seen = new Map(messages.map((message) => [message.seq, message]));
    const results = seqs.map((seq) => ({ seq, code: codeFor(seen.get(seq), member) }));
    const due = results.flatMap(({ seq, code }) => (code === Code.OK ? (seen.get(seq) ?? []) : []));
    const changing = due.filter((message) => !isRecalled(message));
    const operated = conversation.amend(call, changing.length, (amendments) => {
      for (const message of changing) amendments.recall(message, call.user_id);
    });
    const rev = member ? conversation.sight.rev(member) : 0;
    return { ...operated, answer: JSON.stringify({ results, rev }) };
  }

  function codeFor(message: StoredMessage | undefined, member: Member | null): Code {
    if (!message || !member) return Code.MESSAGE_NOT_FOUND;
    if (isRecalled(message)) return Code.OK;
    if (!isCountable(message.msg_type)) return Code.NOT_YOURS;
    if (message.sender_id === member.user_id) return isInTime(message) ? Code.OK : Code.TOO_LATE;
    const role = conversation.member(message.sender_id)?.role ?? Role.MEMBER;
    return member.role > role ? Code.OK : Code.NOT_YOURS;
  }

  function isInTime({ send_at }: StoredMessage): boolean {
    return seconds > 0 && now() - send_at <= seconds * 1_000;
  }

  const frames: Frames = {
    [Request.RECALL]: (input, asker) => operateHere(context, recall, run, { input, asker }),
  };
  return { operations: [messageOperation(recall, run)], frames } satisfies ConversationFeature;
}
