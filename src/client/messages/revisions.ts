import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, type NexoClientError, toClientError } from "../errors.ts";
import type { Message } from "./content.ts";

/** Messages that changed, as an answer to request 1011. */
export interface Changes {
  readonly messages: readonly Message[];
  /** The messages that the user has deleted. */
  readonly deleted: readonly number[];
  /** With `has_more`, the rev of the last message of this page. */
  readonly rev: number;
  readonly has_more: boolean;
  /** Too much has changed: what is held has to be pulled again. */
  readonly reset: boolean;
}

export interface RevisionsParts {
  /** Requests what changed after a rev, from a seq on. @throws NexoClientError */
  readonly ask: (sinceRev: number, fromSeq: number) => Promise<Changes>;
  /** The oldest seq that has to be current; null while the conversation is not being viewed. */
  readonly oldest: () => number | null;
  readonly take: (changes: Changes, sinceRev: number) => void;
  /** Forgets what is held, and pulls it again. */
  readonly reset: () => void;
}

/**
 * Keeps the messages held of one conversation in their newest state. It knows the rev up to which all of them are
 * current, and the highest rev it has heard of; while the first is lower, it requests the changes in between. [AMEND-2]
 */
export class Revisions {
  readonly #parts: RevisionsParts;
  /** All that is held is current up to this rev; infinite while nothing is held. */
  #current = Number.POSITIVE_INFINITY;
  #known = 0;
  /** The lowest rev of the messages that were taken since the request in flight began. */
  #taken = Number.POSITIVE_INFINITY;
  #isAsking = false;
  /** Whether changes may exist that were not heard of. */
  #isDue = false;
  /** Incremented when what is held is dropped: an answer from before says nothing about what is held now. */
  #drops = 0;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: RevisionsParts) {
    this.#parts = parts;
  }

  get current(): number {
    return this.#current;
  }

  /** The highest rev that is known to exist. */
  get known(): number {
    return this.#known;
  }

  /** Messages were taken that are current up to a rev, which may be older than what was missed. */
  held(rev: number): void {
    this.#current = Math.min(this.#current, rev);
    this.#taken = Math.min(this.#taken, rev);
    this.#known = Math.max(this.#known, rev);
  }

  /** The conversation has reached a rev. */
  heard(rev: number): void {
    this.#known = Math.max(this.#known, rev);
    this.fill();
  }

  /** All changes from one rev to another were applied. */
  changed(sinceRev: number, rev: number): void {
    if (sinceRev <= this.#current) this.#current = Math.max(this.#current, rev);
    this.heard(rev);
  }

  /** Changes may have been missed: `fill` requests them, even if none was heard of. */
  check(): void {
    this.#isDue = true;
  }

  /** Nothing is held any more. */
  drop(): void {
    this.#stopWaiting();
    this.#drops++;
    this.#isDue = false;
    this.#current = Number.POSITIVE_INFINITY;
  }

  /** Requests missing changes, if there are any and no retry waits. */
  fill(): void {
    if (!this.#isAsking && this.#retry === undefined && this.#isBehind) void this.#ask();
  }

  /** The conversation is being viewed, or the connection is back: a waiting retry runs now. */
  wake(): void {
    this.#stopWaiting();
    this.fill();
  }

  stop(): void {
    this.#stopWaiting();
    this.#known = 0;
  }

  #stopWaiting(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  get #isBehind(): boolean {
    const isBehind = this.#current < this.#known || (this.#isDue && this.#current < Number.POSITIVE_INFINITY);
    return isBehind && this.#parts.oldest() !== null;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      let hasMoved = true;
      while (hasMoved && this.#isBehind) hasMoved = await this.#page();
      if (!hasMoved) this.#again(null);
    } catch (thrown) {
      const error = toClientError(thrown);
      this.#isDue = !isFinal(error);
      if (isFinal(error)) this.#known = Math.min(this.#known, this.#current);
      else this.#again(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #again(error: NexoClientError | null): void {
    this.#retry = setTimeout(() => this.wake(), pauseAfter(error, this.#failures++));
  }

  /** @returns whether it brought the messages further */
  async #page(): Promise<boolean> {
    const [sinceRev, drops] = [this.#current, this.#drops];
    this.#taken = Number.POSITIVE_INFINITY;
    this.#isDue = false;
    const changes = await this.#parts.ask(sinceRev, this.#parts.oldest() ?? 0);
    if (drops !== this.#drops) return true;
    if (changes.reset) {
      this.#parts.reset();
      return true;
    }
    this.#parts.take(changes, sinceRev);
    // What was taken meanwhile may be older than the answer.
    this.#current = Math.max(this.#current, Math.min(changes.rev, this.#taken));
    this.#known = Math.max(this.#known, changes.rev);
    this.#isDue ||= changes.has_more;
    const isStuck = this.#current <= sinceRev && this.#taken === Number.POSITIVE_INFINITY && this.#isBehind;
    if (!isStuck) this.#failures = 0;
    return !isStuck;
  }
}
