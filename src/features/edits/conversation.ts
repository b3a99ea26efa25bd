import { askAboutContent, asksBefore, type Verdict } from "../../core/before.ts";
import type { ConversationContext, ConversationFeature, ConversationFrameHandlers } from "../../core/conversation.ts";
import { amendedOf, isRecalled, metaOf, metaText } from "../../core/log/amended.ts";
import { attempt, visibleMessage } from "../../core/log/attempt.ts";
import type { StoredMessage } from "../../core/log/message.ts";
import type { Operated } from "../../core/log/operated.ts";
import { isActive } from "../../core/member.ts";
import { type MessageCall, messageOperation, operateHere, operationOfBackend } from "../../core/message-operations.ts";
import { handle } from "../../core/rpc.ts";
import { settingsOf } from "../../env.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { assertContentOf, contentText } from "../../protocol/content.ts";
import { Request } from "../../protocol/frames.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { isCountable } from "../../protocol/model.ts";
import { type Edit, edit, listRevisions } from "./calls.ts";

type Frames = Pick<ConversationFrameHandlers, typeof Request.EDIT>;

/** Editing messages, and what they said before. [OPS-4] */
export function edits(context: ConversationContext) {
  const { env, conversation, now } = context;
  const { EDIT_SECONDS: seconds } = settingsOf(env);

  /** Asks the application, unless `run` refuses in any case, however the message changes meanwhile. [HOOK-5] */
  async function consider(asked: Edit, { user_id, allowance = 1 }: MessageCall): Promise<Verdict | undefined> {
    const tried = attempt(conversation, "edit", user_id);
    const message = tried.message(asked.seq);
    tried.assertState();
    const { seq, sender_id, client_msg_id, msg_type } = message;
    const isTheirs = sender_id === user_id && isCountable(msg_type) && !isRecalled(message);
    if (allowance < 1 || !isTheirs) return undefined;
    assertContentOf(msg_type, JSON.parse(asked.content));
    const { conversationId: conversation_id } = conversation;
    return await askAboutContent(env, { conversation_id, sender_id, client_msg_id, msg_type, seq }, asked.content);
  }

  function run(asked: Edit, call: MessageCall, verdict?: Verdict): Operated {
    const { messages } = conversation;
    const tried = attempt(conversation, "edit", call.user_id);
    const message = tried.message(asked.seq);
    tried.assertState();
    const meta = metaAfter(message, asked.mentions);
    const stands = (content: string) => message.content === content && message.meta === meta;
    const isChanged = verdict?.action === "modify" && !stands(asked.content);
    const to = { content: isChanged ? verdict.content : asked.content, meta };
    const isReached = stands(to.content);
    if (!isReached) {
      assertEditable(message, asked, call.user_id);
      assertContentOf(message.msg_type, JSON.parse(asked.content));
      tried.assertUnmuted();
      if (verdict?.action === "deny") throw new NexoError(Code.REFUSED_BY_APP, verdict.msg);
      messages.assertRoom();
    }
    const operated = conversation.amend(call, isReached ? 0 : 1, (amendments) => amendments.edit(message, to));
    const line = messages.line(tried.message(asked.seq));
    return { ...operated, answer: `{"message":${line},"rev":${tried.rev()}}` };
  }

  /** @throws NexoError MESSAGE_CHANGED, NOT_YOURS, TOO_LATE, TOO_MANY, in this order */
  function assertEditable(message: StoredMessage, { if_rev }: Edit, userId: string): void {
    const revisions = conversation.revisions.of(message.seq);
    const contentRev = revisions.at(-1)?.rev ?? 0;
    if (amendedOf(message).recalled_at > 0 || (if_rev !== undefined && contentRev > if_rev)) {
      throw new NexoError(Code.MESSAGE_CHANGED);
    }
    if (message.sender_id !== userId || !isCountable(message.msg_type)) throw new NexoError(Code.NOT_YOURS);
    if (seconds === 0 || now() - message.send_at > seconds * 1_000) {
      throw new NexoError(Code.TOO_LATE, `a message can be edited for ${seconds} s`);
    }
    if (revisions.length >= LIMITS.revisions) {
      throw new NexoError(Code.TOO_MANY, `a message can be edited ${LIMITS.revisions} times`);
    }
  }

  /** Mentions of users who are not active members are dropped, as in a send. */
  function metaAfter(message: StoredMessage, mentions: readonly string[] | undefined): string | null {
    if (mentions === undefined) return message.meta;
    const active = mentions.filter((userId) => isActive(conversation.member(userId)));
    return metaText({ ...metaOf(message), mentions: active });
  }

  const question = asksBefore(env) ? consider : undefined;

  const frames: Frames = {
    [Request.EDIT]: ({ content, ...asked }, asker, source) => {
      const input = { ...asked, content: contentText(content, source) };
      return operateHere(context, edit, run, { input, asker }, question);
    },
  };

  return {
    operations: [messageOperation(edit, run, question)],
    calls: [
      operationOfBackend(context, edit, run),
      handle(listRevisions, ({ user_id, seq }) => {
        const member = conversation.access.reader(user_id);
        visibleMessage(conversation, member, seq);
        const end = isActive(member ?? undefined) ? Number.POSITIVE_INFINITY : (member?.end_rev ?? 0);
        const replaced = conversation.revisions.of(seq).filter(({ rev }) => rev <= end);
        return `[${replaced.map(({ content, at }) => `{"content":${content},"at":${at}}`).join(",")}]`;
      }),
    ],
    frames,
  } satisfies ConversationFeature;
}
