import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, toClientError } from "../errors.ts";

export interface ReadMarksParts {
  /** @throws NexoClientError */
  readonly mark: (conversationId: string, readSeq: number) => Promise<void>;
}

/** Sends the user's read marks to the server: the newest of each conversation, until the server has accepted it. */
export class ReadMarks {
  readonly #parts: ReadMarksParts;
  readonly #wanted = new Map<string, number>();
  readonly #busy = new Set<string>();
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: ReadMarksParts) {
    this.#parts = parts;
  }

  mark(conversationId: string, readSeq: number): void {
    if ((this.#wanted.get(conversationId) ?? 0) >= readSeq) return;
    this.#wanted.set(conversationId, readSeq);
    void this.#send(conversationId);
  }

  /** The marks that the server does not have yet. */
  get waiting(): (readonly [conversationId: string, readSeq: number])[] {
    return [...this.#wanted];
  }

  /** Takes the marks of an earlier run, to be sent once requests are possible. */
  resume(marks: readonly (readonly [conversationId: string, readSeq: number])[]): void {
    for (const [id, seq] of marks) this.#wanted.set(id, Math.max(seq, this.#wanted.get(id) ?? 0));
  }

  /** Requests are possible again. */
  hurry(): void {
    clearTimeout(this.#retry);
    for (const id of this.#wanted.keys()) void this.#send(id);
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#wanted.clear();
  }

  async #send(conversationId: string): Promise<void> {
    if (this.#busy.has(conversationId)) return;
    this.#busy.add(conversationId);
    try {
      for (let seq = this.#wanted.get(conversationId); seq !== undefined; seq = this.#wanted.get(conversationId)) {
        await this.#parts.mark(conversationId, seq);
        this.#failures = 0;
        if (this.#wanted.get(conversationId) === seq) this.#wanted.delete(conversationId);
      }
    } catch (thrown) {
      const error = toClientError(thrown);
      if (isFinal(error)) this.#wanted.delete(conversationId);
      clearTimeout(this.#retry);
      if (this.#wanted.size > 0) this.#retry = setTimeout(() => this.hurry(), pauseAfter(error, this.#failures++));
    } finally {
      this.#busy.delete(conversationId);
    }
  }
}
