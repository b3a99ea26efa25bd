import { SYSTEM_USER } from "../../protocol/account-model.ts";
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
  /** Those of some messages that the user sees and has not deleted, by seq. */
  messages(seqs: readonly number[]): readonly StoredMessage[];
  /** One of them. @throws NexoError MESSAGE_NOT_FOUND */
  message(seq: number): StoredMessage;
  /** The change number that the user is shown now. */
  rev(): number;
}

/**
 * Begins an operation on messages. [ROLE-2]
 * @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, and NO_PERMISSION in the single chat of others
 */
export function attempt(conversation: ConversationState, operation: Operation, userId: string): Attempt {
  const { ref, isBorn } = conversation;
  if (userId === SYSTEM_USER) return attemptOfSystem(conversation, operation);
  if (ref.type === 1 && !ref.users.includes(userId)) throw new NexoError(Code.NO_PERMISSION);
  if (ref.type === 2 && !isBorn) throw new NexoError(Code.GROUP_NOT_FOUND);
  const code = isBorn ? conversation.access.permit(operation, userId) : Code.OK;
  if (code === Code.NOT_A_MEMBER || code === Code.NO_PERMISSION) throw new NexoError(code);
  const member = conversation.member(userId) ?? null;
  return {
    member,
    assertState: () => {
      if (code !== Code.OK && code !== Code.MUTED) throw new NexoError(code);
    },
    assertUnmuted: () => {
      if (code === Code.MUTED) throw new NexoError(code);
    },
    messages: (seqs) => (member ? visibleMessages(conversation, member, seqs) : []),
    message: (seq) => visibleMessage(conversation, member, seq),
    rev: () => (member ? conversation.sight.rev(member) : 0),
  };
}

/**
 * The operator sees every message without being a member, and may recall also in a dismissed group: some contents must
 * not stay. Nobody can sign in as `system`. [KEY-3]
 */
function attemptOfSystem(conversation: ConversationState, operation: Operation): Attempt {
  const { ref, isBorn, access, messages, amendments } = conversation;
  if (ref.type === 2 && !isBorn) throw new NexoError(Code.GROUP_NOT_FOUND);
  const find = (seqs: readonly number[]) => (isBorn ? messages.bySeq(seqs) : []);
  return {
    member: null,
    assertState: () => {
      const code = ref.type === 2 && operation !== "recall" ? access.permitSend(SYSTEM_USER) : Code.OK;
      if (code !== Code.OK) throw new NexoError(code);
    },
    assertUnmuted: () => undefined,
    messages: find,
    message: (seq) => {
      const [message] = find([seq]);
      if (!message) throw new NexoError(Code.MESSAGE_NOT_FOUND);
      return message;
    },
    rev: () => amendments.rev,
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
