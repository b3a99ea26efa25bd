import { Code, NexoError } from "../../protocol/codes.ts";
import type { Member } from "../member.ts";
import type { Operation } from "../permissions.ts";
import type { StoredMessage } from "./message.ts";
import type { ConversationState } from "./state.ts";

/** The checks of an operation that is under way, to be called in the contract's order. */
export interface Attempt {
  /** The user's row; null in a single chat of theirs that has no message yet. */
  readonly member: Member | null;
  /** @throws NexoError GROUP_DISMISSED, or the lack of a right */
  assertState(): void;
  /** @throws NexoError MUTED */
  assertUnmuted(): void;
}

/**
 * Begins an operation on messages. [ROLE-2]
 * @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, and NO_PERMISSION in the single chat of others
 */
export function attempt(conversation: ConversationState, operation: Operation, userId: string): Attempt {
  const { ref, isBorn } = conversation;
  if (ref.type === 1 && !ref.users.includes(userId)) throw new NexoError(Code.NO_PERMISSION);
  if (ref.type === 2 && !isBorn) throw new NexoError(Code.GROUP_NOT_FOUND);
  const code = isBorn ? conversation.access.permit(operation, userId) : Code.OK;
  if (code === Code.NOT_A_MEMBER || code === Code.NO_PERMISSION) throw new NexoError(code);
  return {
    member: conversation.member(userId) ?? null,
    assertState: () => {
      if (code !== Code.OK && code !== Code.MUTED) throw new NexoError(code);
    },
    assertUnmuted: () => {
      if (code === Code.MUTED) throw new NexoError(code);
    },
  };
}

/** A message that a member sees and has not deleted. @throws NexoError MESSAGE_NOT_FOUND */
export function visibleMessage(conversation: ConversationState, member: Member | null, seq: number): StoredMessage {
  const message = member ? visibleMessages(conversation, member, [seq])[0] : undefined;
  if (!message) throw new NexoError(Code.MESSAGE_NOT_FOUND);
  return message;
}

/** Those of some messages that a member sees and has not deleted, by seq. */
export function visibleMessages(
  { sight, messages }: ConversationState,
  member: Member,
  seqs: readonly number[],
): readonly StoredMessage[] {
  const max = sight.max(member);
  const visible = seqs.filter((seq) => seq >= member.min_seq && seq <= max);
  if (visible.length === 0) return [];
  const deleted = new Set(sight.deleted(member, Math.min(...visible), Math.max(...visible)));
  return sight.asSeen(member, messages.bySeq(visible.filter((seq) => !deleted.has(seq))));
}
