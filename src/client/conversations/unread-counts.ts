import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, type NexoClientError, toClientError } from "../errors.ts";

export interface UnreadCountsParts {
  /**
   * Requests the unread count, or the whole row, and puts the answer into the list.
   * @returns false if it is from another time than the list
   * @throws NexoClientError
   */
  readonly request: (conversationId: string, isWhole: boolean) => Promise<boolean>;
}

interface Wanted {
  attempts: number;
  /** Whether more than the unread count is wanted: mentions and the last message. */
  readonly isWhole: boolean;
}

/** Requests unread counts that messages alone do not give, until an answer fits the list. [UNREAD-1] */
export class UnreadCounts {
  readonly #parts: UnreadCountsParts;
  readonly #wanted = new Map<string, Wanted>();
  readonly #busy = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(parts: UnreadCountsParts) {
    this.#parts = parts;
  }

  /** Whether all counts are known. */
  get isSettled(): boolean {
    return this.#wanted.size === 0;
  }

  /** The counts of a conversation are no longer known. @param isWhole whether the rest of its row is not, either */
  ask(conversationId: string, isWhole = false): void {
    const before = this.#wanted.get(conversationId);
    this.#wanted.set(conversationId, { attempts: 0, isWhole: isWhole || (before?.isWhole ?? false) });
    if (!before) void this.#ask(conversationId);
  }

  /** Requests are possible again. */
  hurry(): void {
    for (const id of this.#wanted.keys()) void this.#ask(id);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#wanted.clear();
  }

  async #ask(id: string): Promise<void> {
    if (this.#busy.has(id)) return;
    clearTimeout(this.#timers.get(id));
    this.#busy.add(id);
    let error: NexoClientError | null = null;
    let isDone: boolean;
    const asked = this.#wanted.get(id);
    try {
      isDone = await this.#parts.request(id, asked?.isWhole ?? false);
    } catch (thrown) {
      error = toClientError(thrown);
      isDone = isFinal(error);
    }
    this.#busy.delete(id);
    const wanted = this.#wanted.get(id);
    if (!wanted) return;
    if (isDone && wanted.isWhole === (asked?.isWhole ?? false)) {
      this.#wanted.delete(id);
      return;
    }
    const timer = setTimeout(() => void this.#ask(id), pauseAfter(error, wanted.attempts++));
    this.#timers.set(id, timer);
  }
}
