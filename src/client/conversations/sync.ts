import { Code } from "../../protocol/codes.ts";
import type { GoneConversation } from "../../protocol/model.ts";
import { AskedPause, pauseAfter } from "../connection/pauses.ts";
import { type NexoClientError, toClientError } from "../errors.ts";
import type { Conversation, Synced } from "../messages/content.ts";

/** Where a frame stands in the user's changes. */
export interface Step {
  readonly prev: number;
  readonly cursor: number;
}

export interface SyncParts {
  /** Asks 1009. @throws NexoClientError */
  readonly ask: (request: { since: number; page?: string }) => Promise<Synced>;
  /** A page of changed conversations. */
  readonly take: (conversations: readonly (Conversation | GoneConversation)[]) => void;
  /** The whole list has been read: whatever is not in it is gone. */
  readonly keepOnly: (conversationIds: ReadonlySet<string>) => void;
  /** All pages are in; frames that waited for them follow. */
  readonly read: () => void;
  /** All changes up to the cursor are in. */
  readonly caughtUp: () => void;
  /** Nothing could be had just now; the next try is at this time. */
  readonly failed: (error: NexoClientError, until: number) => void;
}

interface Held extends Step {
  readonly apply: () => void;
}

/** Frames that are set aside during a sync; with more, they are dropped and asked for by another sync. */
const MAX_HELD = 1_000;

/**
 * The chain of the user's changes. A frame whose `prev` is the own cursor takes it on; any other shows that
 * something was missed, and what changed since is asked for. While that runs, frames wait, so that an older
 * answer never overwrites a newer push. [SYNC-2 SYNC-3]
 */
export class Sync {
  readonly #parts: SyncParts;
  #cursor = 0;
  #held: Held[] = [];
  /** Raised when a socket comes or goes: a run of an earlier one ends. */
  #socket = 0;
  #running = false;
  #again = false;
  #failures = 0;
  /** Runs while a retry waits. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #asked = new AskedPause();

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** Begins where an earlier run has ended, unless the whole list is being asked for already. */
  resume(cursor: number): void {
    const isAsking = this.#running && this.#retry === undefined;
    if (this.#cursor === 0 && !isAsking) this.#cursor = cursor;
  }

  /** A socket is open: catch up with what was missed while there was none. */
  opened(): void {
    this.closed();
    this.#failures = 0;
    void this.#run();
  }

  /** Asks what has changed, unless that is being asked already, or rests before a retry. */
  poll(): void {
    if (!this.#running) void this.#run();
  }

  /** The network may be back: what waits for a retry is asked now. */
  wake(): void {
    if (this.#retry !== undefined && this.#asked.left === 0) void this.#run();
  }

  /** The socket is gone; frames that waited are asked for again on the next. */
  closed(): void {
    this.#stopWaiting();
    this.#socket++;
    this.#running = false;
    this.#again = false;
    this.#held = [];
  }

  /** A frame: applied if it is the next change, held while a sync runs, else asked for by one. */
  frame(step: Step, apply: () => void): void {
    if (step.prev === 0 && step.cursor === 0) apply();
    else if (this.#running) this.#hold({ ...step, apply });
    else if (step.prev === this.#cursor) {
      this.#cursor = step.cursor;
      apply();
    } else if (step.cursor > this.#cursor) void this.#run();
  }

  /** The heartbeat named the newest change: another one than ours shows a lost last frame. */
  heard(cursor: number): void {
    if (!this.#running && cursor !== this.#cursor) void this.#run();
  }

  /** A frame turned out to tell less than it should: what changed since the one before it is asked for. */
  missed(since: number): void {
    this.#cursor = Math.min(this.#cursor, since);
    void this.#run();
  }

  /** The server does not know our cursor. */
  reset(): void {
    if (!this.#running) {
      this.#cursor = 0;
      void this.#run();
    }
  }

  #hold(held: Held): void {
    if (this.#held.length < MAX_HELD) this.#held.push(held);
    else {
      this.#held = [];
      this.#again = true;
    }
  }

  #stopWaiting(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  async #run(): Promise<void> {
    this.#stopWaiting();
    this.#running = true;
    const socket = this.#socket;
    const current = () => socket === this.#socket;
    try {
      const cursor = await this.#pages(this.#cursor, current);
      if (cursor === null || !current()) return;
      this.#cursor = cursor;
    } catch (thrown) {
      if (current()) this.#failed(toClientError(thrown));
      return;
    }
    this.#running = false;
    this.#failures = 0;
    this.#parts.read();
    this.#drain();
    if (!this.#running) this.#parts.caughtUp();
  }

  /** @returns the cursor that all pages together bring us to; null when the socket has gone meanwhile. */
  async #pages(since: number, current: () => boolean): Promise<number | null> {
    const seen = new Set<string>();
    for (let page = "", cursor = 0; ; ) {
      const synced = await this.#parts.ask(page === "" ? { since } : { since, page });
      if (!current()) return null;
      if (page === "") cursor = synced.cursor;
      this.#parts.take(synced.conversations);
      for (const { conversation_id } of synced.conversations) seen.add(conversation_id);
      if (!synced.has_more) {
        if (since === 0) this.#parts.keepOnly(seen);
        return cursor;
      }
      page = synced.next;
    }
  }

  #drain(): void {
    const held = this.#held;
    this.#held = [];
    for (const { apply, ...step } of held) this.frame(step, apply);
    const again = this.#again;
    this.#again = false;
    if (again && !this.#running) void this.#run();
  }

  #failed(error: NexoClientError): void {
    if (error.code === Code.TOKEN_MISMATCH && this.#cursor !== 0) {
      this.#cursor = 0;
      void this.#run();
      return;
    }
    // Frames go on waiting: the cursor is as old as before.
    const pause = pauseAfter(error, this.#failures++);
    this.#asked.begin(error);
    this.#retry = setTimeout(() => void this.#run(), pause);
    this.#parts.failed(error, Date.now() + pause);
  }
}
