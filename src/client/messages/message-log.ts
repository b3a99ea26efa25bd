import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, type NexoClientError, toClientError } from "../errors.ts";
import type { Message } from "./content.ts";
import type { LogParts } from "./log-parts.ts";

const PULL = 100;
const FIRST_PAGE = 50;
/** Number of messages kept in memory, in addition to those loaded by paging back. [MEM-1] */
const WINDOW = 500;
/** Extra messages kept while the user reads further up, so that what is on the screen is not dropped. [MEM-1] */
const KEPT = 2_000;
/** A gap wider than this is not pulled for a screen: the log restarts at the newest page. */
const WIDE_GAP = 300;
/** Number of messages kept ahead of a gap; any others are pulled once the gap is closed. */
const MAX_EARLY = 200;

/**
 * The messages of one conversation, by seq. Messages may arrive in any order; the log passes each on once and in order:
 * duplicates are dropped, and messages ahead of a gap wait until the gap has been pulled.
 */
export class MessageLog {
  readonly #parts: LogParts;
  /** All visible messages from #from to #to. */
  #held: readonly Message[] = [];
  #from: number;
  #to: number;
  /** The newest seq known to exist. */
  #newest: number;
  readonly #early = new Map<number, Message>();
  #window = WINDOW;
  #isKept = false;
  /** Whether newer messages exist that are pulled only on request. */
  #isApart: boolean;
  /** Whether to pull the page before #from without a request from the app. */
  #wantsPage = false;
  #filling = false;
  #older: Promise<void> | null = null;
  #newer: Promise<void> | null = null;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #error: NexoClientError | null = null;

  /** @param to the seq after which messages are new. @param isApart whether newer ones are taken only by `newer`. */
  constructor(parts: LogParts, to: number, isApart = false) {
    this.#parts = parts;
    this.#isApart = isApart;
    this.#from = to + 1;
    this.#to = to;
    this.#newest = to;
  }

  get messages(): readonly Message[] {
    return this.#held;
  }

  /** Messages that arrived ahead of a gap. */
  get early(): readonly Message[] {
    return [...this.#early.values()];
  }

  /** The oldest seq that is held; older messages may exist. */
  get from(): number {
    return this.#from;
  }

  get hasNewer(): boolean {
    return this.#isApart;
  }

  get isLoading(): boolean {
    return this.#filling || this.#older !== null || this.#newer !== null;
  }

  get error(): NexoClientError | null {
    return this.#error;
  }

  /** Takes messages from any source. @param rev the rev up to which they are current */
  take(messages: readonly Message[], rev: number): void {
    const waiting = this.#early.size;
    for (const message of messages) {
      const isNew = message.seq > this.#to && !this.#early.has(message.seq);
      if (isNew && !this.#isApart && this.#early.size < MAX_EARLY) this.#early.set(message.seq, message);
      this.#newest = Math.max(this.#newest, message.seq);
    }
    if (this.#early.size > waiting) this.#parts.held(rev);
    this.#append([]);
    // The user's own messages among them are shown as pending.
    if (this.#early.size > waiting) this.#parts.changed();
    this.fill();
  }

  /** Notes that messages exist up to this seq. */
  expect(newest: number): void {
    this.#newest = Math.max(this.#newest, newest);
    this.fill();
  }

  /** Replaces messages that are held; null removes one. */
  replace(change: (message: Message) => Message | null): void {
    const after = new Map([...this.#held, ...this.#early.values()].map((message) => [message, change(message)]));
    if ([...after].every(([message, next]) => message === next)) return;
    this.#held = Object.freeze(this.#held.flatMap((message) => after.get(message) ?? []));
    for (const [seq, message] of this.#early) {
      const next = after.get(message);
      if (next) this.#early.set(seq, next);
      else this.#early.delete(seq);
    }
    this.#parts.changed();
  }

  /** Forgets what is held; `show` pulls it again. */
  forget(): void {
    this.#held = [];
    this.#early.clear();
    this.#from = this.#to + 1;
    this.#parts.changed();
  }

  /** Messages before this seq are no longer visible. [VIS-2] */
  begin(seq: number): void {
    if (seq <= this.#from) return;
    this.#held = Object.freeze(this.#held.filter((message) => message.seq >= seq));
    this.#to = Math.max(this.#to, seq - 1);
    this.#from = this.#held[0]?.seq ?? this.#to + 1;
    for (const early of this.#early.keys()) if (early < seq) this.#early.delete(early);
    this.#parts.changed();
  }

  /** Sets whether the user reads further up: then no message is dropped and no gap up to 2,000 is skipped. */
  keep(isKept: boolean): void {
    this.#isKept = isKept;
    if (this.#held.length <= this.#room) return;
    this.#hold([]);
    this.#parts.changed();
  }

  get #room(): number {
    return this.#window + (this.#isKept ? KEPT : 0);
  }

  /** The conversation is being viewed: pulls the newest page if nothing is held. */
  show(): void {
    this.#wantsPage = this.#held.length === 0 && this.#from > 1;
    this.fill();
  }

  /** Pulls missing messages, if there are any. */
  fill(): void {
    if (!this.#filling && this.#isMissing) void this.#pullMissing();
  }

  get #isMissing(): boolean {
    return this.#wantsPage || (this.#newest > this.#to && !this.#isApart);
  }

  /** Stops all work; messages already pulled are kept. */
  stop(): void {
    clearTimeout(this.#retry);
    this.#wantsPage = false;
    this.#newest = this.#to;
  }

  /** Pulls the page before the oldest message held. @throws NexoClientError */
  older(limit: number): Promise<void> {
    if (this.#older !== null) return this.#older;
    this.#older = this.#pullOlder(limit).finally(() => {
      this.#older = null;
      this.#parts.changed();
    });
    this.#parts.changed();
    return this.#older;
  }

  /** Pulls the page after the newest message held, until the newest of all is reached. @throws NexoClientError */
  newer(limit: number): Promise<void> {
    this.#newer ??= this.#pullNewer(limit).finally(() => {
      this.#newer = null;
      this.#parts.changed();
      this.fill();
    });
    this.#parts.changed();
    return this.#newer;
  }

  async #pullNewer(limit: number): Promise<void> {
    if (!this.#isApart) return;
    const to = this.#to;
    const { messages, max_seq, rev } = await this.#parts.pull({ begin_seq: to + 1, end_seq: 0, limit, order: "asc" });
    if (this.#to !== to) return;
    this.#window += messages.length;
    this.#append(messages);
    this.#parts.held(rev);
    this.#newest = Math.max(this.#newest, max_seq);
    this.#isApart = messages.length > 0 && this.#to < this.#newest;
  }

  async #pullOlder(limit: number): Promise<void> {
    const from = this.#from;
    if (from <= 1) return;
    const { messages, rev } = await this.#parts.pull({ begin_seq: 0, end_seq: from - 1, limit, order: "desc" });
    // The log has skipped to the newest page meanwhile: this page belongs to the dropped part.
    if (this.#from !== from) return;
    this.#held = Object.freeze([...[...messages].reverse(), ...this.#held]);
    this.#from = messages.length === 0 ? 1 : (this.#held[0]?.seq ?? 1);
    this.#window += messages.length;
    this.#parts.held(rev);
  }

  async #pullMissing(): Promise<void> {
    clearTimeout(this.#retry);
    this.#filling = true;
    this.#error = null;
    this.#parts.changed();
    try {
      while (this.#isMissing) await (this.#wantsPage ? this.#pullFirst() : this.#pullGap());
      this.#failures = 0;
    } catch (thrown) {
      this.#failed(toClientError(thrown));
    } finally {
      this.#filling = false;
      this.#parts.changed();
    }
  }

  async #pullFirst(): Promise<void> {
    await this.older(FIRST_PAGE);
    if (this.#isApart) await this.newer(FIRST_PAGE);
    this.#window = WINDOW;
    this.#wantsPage = false;
  }

  async #pullGap(): Promise<void> {
    const widest = this.#isKept ? KEPT : WIDE_GAP;
    if (this.#newest - this.#to > widest && !this.#parts.isComplete()) return await this.#skip();
    const begin_seq = this.#to + 1;
    const end_seq = Math.min(this.#newest, this.#firstEarly() - 1);
    const { messages, rev } = await this.#parts.pull({ begin_seq, end_seq, limit: PULL, order: "asc" });
    this.#append(messages);
    this.#parts.held(rev);
    // Messages the server does not return are not visible to this user.
    if (messages.length === 0) this.#to = Math.max(this.#to, end_seq);
    this.#append([]);
  }

  async #skip(): Promise<void> {
    const { messages, rev } = await this.#parts.pull({ begin_seq: 0, end_seq: 0, limit: PULL, order: "desc" });
    const last = messages[0]?.seq ?? this.#newest;
    if (last <= this.#to) {
      this.#to = this.#newest;
      return;
    }
    const page = [...messages].reverse();
    this.#from = page[0]?.seq ?? last + 1;
    this.#to = this.#from - 1;
    this.#held = [];
    this.#window = WINDOW;
    this.#append(page);
    this.#parts.held(rev);
    this.#newest = Math.max(last, ...this.#early.keys());
  }

  #firstEarly(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#early.keys());
  }

  /** Appends pulled messages, even if some seqs are missing between them, then the early messages that follow them. */
  #append(pulled: readonly Message[]): void {
    const next: Message[] = [];
    const push = (message: Message) => {
      next.push(message);
      this.#to = message.seq;
    };
    for (const message of pulled) if (message.seq > this.#to) push(message);
    for (let early = this.#early.get(this.#to + 1); early; early = this.#early.get(this.#to + 1)) push(early);
    for (const seq of this.#early.keys()) if (seq <= this.#to) this.#early.delete(seq);
    if (next.length === 0) return;
    this.#hold(next);
    this.#parts.appended(next);
    this.#parts.changed();
  }

  #hold(next: readonly Message[]): void {
    const held = this.#parts.isWatched() ? [...this.#held, ...next].slice(-this.#room) : [];
    this.#held = Object.freeze(held);
    this.#from = held[0]?.seq ?? this.#to + 1;
  }

  #failed(error: NexoClientError): void {
    this.#error = error;
    if (isFinal(error)) {
      this.#wantsPage = false;
      this.#newest = this.#to;
      return;
    }
    this.#retry = setTimeout(() => this.fill(), pauseAfter(error, this.#failures++));
  }
}
