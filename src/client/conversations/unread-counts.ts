import type { ReadState } from "../../protocol/model.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, type NexoClientError, toClientError } from "../errors.ts";

export interface UnreadCountsParts {
  /** @throws NexoClientError */
  readonly readState: (conversationId: string) => Promise<ReadState>;
  /** Puts an answer into the list. @returns false if it is from another time than the list */
  readonly take: (conversationId: string, state: ReadState) => boolean;
}

/** Requests unread counts that messages alone do not give, until an answer fits the list. [UNREAD-1] */
export class UnreadCounts {
  readonly #parts: UnreadCountsParts;
  /** The number of failed requests for each conversation. */
  readonly #wanted = new Map<string, number>();
  readonly #busy = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(parts: UnreadCountsParts) {
    this.#parts = parts;
  }

  /** Whether all counts are known. */
  get isSettled(): boolean {
    return this.#wanted.size === 0;
  }

  /** The count of a conversation is no longer known. */
  ask(conversationId: string): void {
    const isAsked = this.#wanted.has(conversationId);
    this.#wanted.set(conversationId, 0);
    if (!isAsked) void this.#ask(conversationId);
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
    try {
      isDone = this.#parts.take(id, await this.#parts.readState(id));
    } catch (thrown) {
      error = toClientError(thrown);
      isDone = isFinal(error);
    }
    this.#busy.delete(id);
    const attempts = this.#wanted.get(id);
    if (attempts === undefined) return;
    if (isDone) {
      this.#wanted.delete(id);
      return;
    }
    this.#wanted.set(id, attempts + 1);
    const timer = setTimeout(() => void this.#ask(id), pauseAfter(error, attempts));
    this.#timers.set(id, timer);
  }
}
