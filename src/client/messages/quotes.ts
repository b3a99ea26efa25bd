import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, toClientError } from "../errors.ts";
import type { Message } from "./content.ts";
import type { Page } from "./log-parts.ts";

export interface QuotesParts {
  /** A message that is shown anyway. */
  readonly find: (seq: number) => Message | undefined;
  /** @throws NexoClientError */
  readonly pull: (seqs: readonly number[]) => Promise<Page>;
  /** Messages that are current up to this rev are now held. */
  readonly held: (rev: number) => void;
  readonly changed: () => void;
}

/** Number of quoted messages kept, in addition to those that are shown anyway. [MEM-1] */
const KEPT = 200;
/** The most messages in one request. */
const BATCH = 100;

/** The messages that replies of a conversation quote: each is requested once, in batches, when a reply is shown. */
export class Quotes {
  readonly #parts: QuotesParts;
  /** null for a message that the user does not see. The oldest request first. */
  readonly #held = new Map<number, Message | null>();
  readonly #wanted = new Set<number>();
  #isAsking = false;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: QuotesParts) {
    this.#parts = parts;
  }

  /** A quoted message; null while it is unknown, or if the user does not see it. */
  of(seq: number): Message | null {
    const known = this.#parts.find(seq) ?? this.#held.get(seq);
    if (known !== undefined) return known;
    if (!this.#wanted.has(seq) && this.#wanted.add(seq).size === 1) queueMicrotask(() => void this.#ask());
    return null;
  }

  /** The oldest seq that is held or requested. */
  get oldest(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#held.keys(), ...this.#wanted);
  }

  /** Replaces messages that are held; null removes one. @returns whether any has changed */
  replace(change: (message: Message) => Message | null): boolean {
    let hasChanged = false;
    for (const [seq, message] of this.#held) {
      const next = message && change(message);
      if (next === message) continue;
      hasChanged = true;
      this.#held.set(seq, next);
    }
    return hasChanged;
  }

  /** The connection is back: a waiting retry runs now. */
  wake(): void {
    clearTimeout(this.#retry);
    void this.#ask();
  }

  /** Forgets all; those of replies on the screen are requested again. */
  forget(): void {
    clearTimeout(this.#retry);
    this.#held.clear();
    this.#wanted.clear();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#wanted.size === 0) return;
    this.#isAsking = true;
    const batch = [...this.#wanted].slice(-BATCH);
    try {
      const { messages, rev } = await this.#parts.pull(batch);
      this.#take(batch, messages);
      this.#parts.held(rev);
      this.#failures = 0;
    } catch (thrown) {
      const error = toClientError(thrown);
      if (isFinal(error)) this.#take(batch, []);
      else this.#retry = setTimeout(() => void this.#ask(), pauseAfter(error, this.#failures++));
    } finally {
      this.#isAsking = false;
    }
    this.#parts.changed();
    if (this.#failures === 0) void this.#ask();
  }

  #take(seqs: readonly number[], messages: readonly Message[]): void {
    const found = new Map(messages.map((message) => [message.seq, message]));
    for (const seq of seqs) if (this.#wanted.delete(seq)) this.#held.set(seq, found.get(seq) ?? null);
    for (const seq of this.#held.keys()) {
      if (this.#held.size <= KEPT) break;
      this.#held.delete(seq);
    }
  }
}
