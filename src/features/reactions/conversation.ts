import type { OperateCall } from "../../core/calls.ts";
import type {
  ConversationContext,
  ConversationFeature,
  ConversationFrameHandlers,
  ErasedUser,
} from "../../core/conversation.ts";
import { amendedOf } from "../../core/log/amended.ts";
import type { Amendments } from "../../core/log/amendments.ts";
import { attempt, visibleMessage } from "../../core/log/attempt.ts";
import type { StoredMessage } from "../../core/log/message.ts";
import type { Operated } from "../../core/log/operated.ts";
import { isActive } from "../../core/member.ts";
import { messageOperation, operateHere } from "../../core/message-operations.ts";
import { handle } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { Request } from "../../protocol/frames.ts";
import { ID } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Amended } from "../../protocol/model.ts";
import { listReactions, type React, react } from "./calls.ts";
import { ReactionStore } from "./store.ts";

type Frames = Pick<ConversationFrameHandlers, typeof Request.REACT>;

/** Reactions to messages: how many gave each is in the message, who gave them is in rows. [OPS-8] */
export function reactions(context: ConversationContext) {
  const { conversation, store, reader, now } = context;
  const rows = new ReactionStore(store);

  function run({ seq, emoji, on }: React, call: Pick<OperateCall, "user_id">): Operated {
    const { user_id } = call;
    const tried = attempt(conversation, "react", user_id);
    const message = tried.message(seq);
    tried.assertState();
    const own = rows.of(seq, user_id);
    const isReached = own.includes(emoji) === on;
    if (!isReached) {
      if (on) assertRoomFor(message, emoji, own);
      tried.assertUnmuted();
      conversation.messages.assertRoom();
    }
    const operated = conversation.amend(call, isReached ? 0 : 1, (amendments) => {
      if (on) rows.put(seq, { user_id, emoji, at: now() });
      else rows.remove(seq, user_id, emoji);
      amendments.react(message, counted(amendedOf(message).reactions, emoji, on));
    });
    const mine = JSON.stringify({ [seq]: rows.of(seq, user_id) });
    return { ...operated, answer: `{"message":${reader.line(user_id, seq)},"mine":${mine},"rev":${tried.rev()}}` };
  }

  const frames: Frames = {
    [Request.REACT]: (input, asker) => operateHere(context, react, run, { input, asker }),
  };

  /** Takes reactions of a user away. @returns whether none is left */
  function erase({ user_id, limit }: ErasedUser, amendments: Amendments): boolean {
    const seqs = rows.seqsOf(user_id, limit);
    for (const message of conversation.messages.bySeq(seqs)) {
      let { reactions: left } = amendedOf(message);
      for (const emoji of rows.of(message.seq, user_id)) {
        rows.remove(message.seq, user_id, emoji);
        left = counted(left, emoji, false);
      }
      amendments.react(message, left);
    }
    return seqs.length < limit;
  }

  return {
    operations: [messageOperation(react, run)],
    calls: [
      handle(listReactions, ({ user_id, seq, emoji, after, limit }) => {
        const place = placeOf(after);
        const member = conversation.access.reader(user_id);
        visibleMessage(conversation, member, seq);
        // Former members see no reactions.
        const found = isActive(member ?? undefined) ? rows.page(seq, place, emoji, limit + 1) : [];
        const last = found[limit - 1];
        const next = last && found.length > limit ? `${last.user_id}:${last.emoji}` : "";
        return { reactions: found.slice(0, limit), next };
      }),
    ],
    frames,
    reactions: (userId, seqs) => rows.byUser(userId, seqs),
    // Those who keep their messages without a name keep what they thought of others, too.
    erased: (user, amendments) => user.mode === "anonymous" || erase(user, amendments),
    replaced: ({ seq, after }) => {
      if (after === null) rows.clear(seq);
    },
  } satisfies ConversationFeature;
}

/** @throws NexoError MESSAGE_CHANGED, TOO_MANY */
function assertRoomFor(message: StoredMessage, emoji: string, own: readonly string[]): void {
  const { recalled_at, reactions: given } = amendedOf(message);
  if (recalled_at > 0) throw new NexoError(Code.MESSAGE_CHANGED);
  if (own.length >= LIMITS.reactionsOfUser) {
    throw new NexoError(Code.TOO_MANY, `a user can react to a message in ${LIMITS.reactionsOfUser} ways`);
  }
  if (given.length >= LIMITS.reactions && !given.some(([known]) => known === emoji)) {
    throw new NexoError(Code.TOO_MANY, `a message can have ${LIMITS.reactions} different reactions`);
  }
}

/** The reactions with one more, or one less, of a kind. */
function counted(before: Amended["reactions"], emoji: string, on: boolean): Amended["reactions"] {
  if (on && !before.some(([known]) => known === emoji)) return [...before, [emoji, 1]];
  const after = before.map(([known, count]): [string, number] => [
    known,
    known === emoji ? count + (on ? 1 : -1) : count,
  ]);
  return after.filter(([, count]) => count > 0);
}

function placeOf(cursor: string): { user_id: string; emoji: string } {
  if (cursor === "") return { user_id: "", emoji: "" };
  const at = cursor.indexOf(":");
  const user_id = cursor.slice(0, Math.max(0, at));
  if (ID.test(user_id)) return { user_id, emoji: cursor.slice(at + 1) };
  throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
}
