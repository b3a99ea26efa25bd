import type { Message } from "./content.ts";

/** The rev of a message's last change; 0 if it is as it was sent. */
export function revOf({ amended }: Pick<Message, "amended">): number {
  return amended?.rev ?? 0;
}

export function isRecalled({ amended }: Pick<Message, "amended">): boolean {
  return (amended?.recalled_at ?? 0) > 0;
}

/**
 * The newer of two states of a message. [AMEND-1] An unchanged message keeps its object, so that its row stays.
 * @param given its own reactions are absent where they are unchanged
 */
export function newer(held: Message, given: Message): Message {
  const [before, after] = [revOf(held), revOf(given)];
  if (after < before) return held;
  if (after === before && (given.mine === undefined || isSameList(held.mine ?? [], given.mine))) return held;
  return given.mine === undefined && held.mine ? { ...given, mine: held.mine } : given;
}

/** What an answer or a push says beside its messages about the caller. */
interface Beside {
  readonly messages: readonly Message[];
  /** The caller's own reactions, by seq. */
  readonly mine?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The messages of an answer, which names the caller's reactions to all of them. */
export function answered({ messages, mine }: Beside): Message[] {
  return messages.map((message) => {
    const own = mine?.[message.seq] ?? [];
    return own.length > 0 || message.amended?.reactions.length ? { ...message, mine: own } : message;
  });
}

/** The messages of a push, in which reactions that are absent are unchanged. */
export function pushed({ messages, mine }: Beside): Message[] {
  return messages.map((message) => {
    const own = mine?.[message.seq];
    return own ? { ...message, mine: own } : message;
  });
}

export function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}
