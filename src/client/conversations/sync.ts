import { Code } from "../../protocol/codes.ts";
import type { GoneConversation } from "../../protocol/model.ts";
import { AskedPause, pauseAfter } from "../connection/pauses.ts";
import { type NexoClientError, toClientError } from "../errors.ts";
import type { Conversation, Synced } from "../messages/content.ts";

/** The position of a frame in the user's changes. */
export interface Step {
  readonly prev: number;
  readonly cursor: number;
}

export interface SyncParts {
  /** Sends request 1009. @throws NexoClientError */
  readonly ask: (request: { since: number; page?: string }) => Promise<Synced>;
  /** A page of changed conversations. */
  readonly take: (conversations: readonly (Conversation | GoneConversation)[]) => void;
  /** The whole list has been read: conversations that are not in it no longer exist. */
  readonly keepOnly: (conversationIds: ReadonlySet<string>) => void;
  /** All pages have arrived; frames that waited for them follow. */
  readonly read: () => void;
  /** All changes up to the cursor have been applied. */
  readonly caughtUp: () => void;
  /** The sync failed for now; the next try is at this time. */
  readonly failed: (error: NexoClientError, until: number) => void;
}

interface Held extends Step {
  readonly apply: () => void;
}

/** The most frames that are held during a sync; beyond this they are dropped, and another sync fetches them. */
const MAX_HELD = 1_000;

/**
 * The chain of the user's changes. A frame whose `prev` equals the client's cursor advances it; any other frame shows
 * that a change was missed, and a sync requests the changes since the cursor. During the sync, frames wait, so that an
 * older answer never overwrites a newer push. [SYNC-2 SYNC-3]
 */
export class Sync {
  readonly #parts: SyncParts;
  #cursor = 0;
  #held: Held[] = [];
  /** Incremented when a socket opens or closes: a run of an earlier socket then ends. */
  #socket = 0;
  #running = false;
  #again = false;
  #failures = 0;
  /** Timer that runs while a retry waits. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #asked = new AskedPause();

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** Starts from the cursor of an earlier run, unless the whole list is already being requested. */
  resume(cursor: number): void {
    const isAsking = this.#running && this.#retry === undefined;
    if (this.#cursor === 0 && !isAsking) this.#cursor = cursor;
  }

  /** A socket is open: requests the changes that were missed while there was none. */
  opened(): void {
    this.closed();
    this.#failures = 0;
    void this.#run();
  }

  /** Requests the changes, unless such a request is already running or waits for a retry. */
  poll(): void {
    if (!this.#running) void this.#run();
  }

  /** The network may be back: a waiting retry runs now. */
  wake(): void {
    if (this.#retry !== undefined && this.#asked.left === 0) void this.#run();
  }

  /** The socket is closed; frames that waited are requested again on the next socket. */
  closed(): void {
    this.#stopWaiting();
    this.#socket++;
    this.#running = false;
    this.#again = false;
    this.#held = [];
  }

  /** Takes a frame: applies it if it is the next change, holds it during a sync, else starts a sync. */
  frame(step: Step, apply: () => void): void {
    if (step.prev === 0 && step.cursor === 0) apply();
    else if (this.#running) this.#hold({ ...step, apply });
    else if (step.prev === this.#cursor) {
      this.#cursor = step.cursor;
      apply();
    } else if (step.cursor > this.#cursor) void this.#run();
  }

  /** The heartbeat gave the newest change: if it differs from ours, the last frame was lost. */
  heard(cursor: number): void {
    if (!this.#running && cursor !== this.#cursor) void this.#run();
  }

  /** A frame was incomplete: requests the changes since the frame before it. */
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

  /** @returns the cursor after all pages; null when the socket has closed meanwhile. */
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
    // Frames keep waiting: the cursor has not moved.
    const pause = pauseAfter(error, this.#failures++);
    this.#asked.begin(error);
    this.#retry = setTimeout(() => void this.#run(), pause);
    this.#parts.failed(error, Date.now() + pause);
  }
}
