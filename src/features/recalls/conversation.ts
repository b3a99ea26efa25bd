import type { OperateCall } from "../../core/calls.ts";
import type { ConversationContext, ConversationFeature, ConversationFrameHandlers } from "../../core/conversation.ts";
import { isRecalled } from "../../core/log/amended.ts";
import { attempt } from "../../core/log/attempt.ts";
import type { StoredMessage } from "../../core/log/message.ts";
import type { Operated } from "../../core/log/operated.ts";
import type { Member } from "../../core/member.ts";
import { messageOperation, operateHere, operationOfBackend } from "../../core/message-operations.ts";
import { settingsOf } from "../../env.ts";
import { SYSTEM_USER } from "../../protocol/account-model.ts";
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
    const seen = new Map(tried.messages(seqs).map((message) => [message.seq, message]));
    const results = seqs.map((seq) => ({ seq, code: codeFor(seen.get(seq), call.user_id, member) }));
    const due = results.flatMap(({ seq, code }) => (code === Code.OK ? (seen.get(seq) ?? []) : []));
    const changing = due.filter((message) => !isRecalled(message));
    const operated = conversation.amend(call, changing.length, (amendments) => {
      for (const message of changing) amendments.recall(message, call.user_id);
    });
    return { ...operated, answer: JSON.stringify({ results, rev: tried.rev() }) };
  }

  function codeFor(message: StoredMessage | undefined, userId: string, member: Member | null): Code {
    if (!message) return Code.MESSAGE_NOT_FOUND;
    if (isRecalled(message)) return Code.OK;
    return isCountable(message.msg_type) ? rightTo(message, userId, member) : Code.NOT_YOURS;
  }

  /** Of a user over a message that may be recalled. The operator has it over all. */
  function rightTo(message: StoredMessage, userId: string, member: Member | null): Code {
    if (userId === SYSTEM_USER) return Code.OK;
    if (message.sender_id === userId) return isInTime(message) ? Code.OK : Code.TOO_LATE;
    const role = conversation.member(message.sender_id)?.role ?? Role.MEMBER;
    return member && member.role > role ? Code.OK : Code.NOT_YOURS;
  }

  function isInTime({ send_at }: StoredMessage): boolean {
    return seconds > 0 && now() - send_at <= seconds * 1_000;
  }

  const frames: Frames = {
    [Request.RECALL]: (input, asker) => operateHere(context, recall, run, { input, asker }),
  };
  return {
    operations: [messageOperation(recall, run)],
    calls: [operationOfBackend(context, recall, run)],
    frames,
  } satisfies ConversationFeature;
}
