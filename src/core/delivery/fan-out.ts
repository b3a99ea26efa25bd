import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import { covers, isSame, lower, NOTHING_KNOWN, type Version } from "../version.ts";
import type { Outside } from "./outside.ts";
import type { UpdateBuilder } from "./update-builder.ts";

export interface FanOutOptions {
  /** Hears every message, too. */
  readonly outside?: Outside;
  /** Sends an update to a member's inbox; resolves to the mark that it then has. Must settle within a deadline. */
  readonly call: (userId: string, update: string) => Promise<Version>;
  /** Makes sure that `alarm` is called at this time or earlier. */
  readonly wakeAt: (time: number) => void;
  /** Resolves when the promise settles, or after this many milliseconds. */
  readonly settled: (promise: Promise<unknown>, milliseconds: number) => Promise<void>;
  /** Runs something after the answers of this turn have been sent. */
  readonly later: (run: () => void) => void;
  readonly now: () => number;
  readonly random: () => number;
  /** Called with the time it took until a member who was behind knew everything. */
  readonly reached: (milliseconds: number) => void;
  /** Called for each failed call, with the time that this member has been behind. */
  readonly missed: (userId: string, milliseconds: number) => void;
}

/** Marks are stored this long after the first change that they do not cover. */
const WRITE_DOWN_AFTER = 5_000;
/**
 * The same in a single chat in which something happened within this time: storing the marks costs as much as
 * the message. If the object sleeps meanwhile, the alarm repeats two updates. In a group it would repeat one for each
 * member, so the marks are stored before it sleeps.
 */
const WRITE_DOWN_IN_CHAT_AFTER = 40_000;
/** Characters of updates in flight, each up to 5 bytes as text plus UTF-8. At this limit, other inboxes wait. [MEM-1] */
const MAX_IN_FLIGHT = 8 * 1_048_576;
/** How long an alarm waits for its calls before it stores the known marks. */
const ALARM_PATIENCE = 2_000;
const BACKOFF = { first: 1_000, longest: 300_000 };

/** What is known of one member's inbox. */
interface Listener {
  /** The mark that the inbox itself has reported. */
  told: Version;
  /** The version in an answer that is on its way: no update is needed for it, but its arrival is not certain. */
  assumed: Version | null;
  /** The call in flight. */
  call: Promise<void> | null;
  failures: number;
  retryAt: number;
  /** Since when there is something to tell; null while there is not. */
  since: number | null;
}

/**
 * Tells every member's inbox about every message and every change of that member, at least once and in order,
 * even if calls or objects fail. [TELL-1 TELL-3 TELL-4]
 *
 * Each inbox has at most one call in flight, and the next call carries everything that came meanwhile: a slow inbox
 * delays no other. The mark of each inbox is kept in memory. The alarm stores one mark for all inboxes, and one row
 * for each inbox that cannot be reached. After a crash, everything past the stored marks is told again.
 */
export class FanOut {
  readonly #conversation: ConversationState;
  readonly #updates: UpdateBuilder;
  readonly #store: ConversationStore;
  readonly #options: FanOutOptions;
  readonly #listeners = new Map<string, Listener>();
  readonly #calls = new Set<Promise<void>>();
  #inFlight = 0;
  /** Members to tell when there is room for more updates, in this order. */
  readonly #waiting = new Set<string>();
  /** The stored rows of members who are behind. Keys that are not active members are users who left. */
  readonly #written = new Map<string, Version>();
  #watermark = NOTHING_KNOWN;
  #soon = false;
  /** When the conversation changed last. */
  #changedAt: number;

  constructor(
    conversation: ConversationState,
    updates: UpdateBuilder,
    store: ConversationStore,
    options: FanOutOptions,
  ) {
    this.#conversation = conversation;
    this.#updates = updates;
    this.#store = store;
    this.#options = options;
    this.#changedAt = conversation.newest?.send_at ?? 0;
    if (!conversation.isBorn) return;
    this.#watermark = conversation.toldVersion;
    this.#written = store.behind();
  }

  /** Must be called in the turn of every change, so that the alarm is as durable as the change. */
  changed(departed: readonly string[] = []): void {
    const now = this.#options.now();
    const isInChat = this.#conversation.ref.type === 1 && now - this.#changedAt < WRITE_DOWN_IN_CHAT_AFTER;
    this.#changedAt = now;
    this.#options.wakeAt(now + (isInChat ? WRITE_DOWN_IN_CHAT_AFTER : WRITE_DOWN_AFTER));
    // Their row was written with the change.
    for (const userId of departed) this.#written.set(userId, NOTHING_KNOWN);
    // Answers and pushes go first: they wait for the end of this turn, and telling takes long.
    if (this.#soon) return;
    this.#soon = true;
    this.#options.later(() => {
      this.#soon = false;
      for (const userId of this.#everyone()) this.#update(userId);
      void this.#options.outside?.tell();
    });
  }

  /** An inbox has reported its mark in a call of its own. */
  confirm(userId: string, mark: Version): void {
    // Outsiders report marks too when they try an operation, but they are never told.
    if (!this.#conversation.activeMembers.has(userId) && !this.#written.has(userId)) return;
    const listener = this.#listener(userId);
    listener.told = mark;
    listener.failures = 0;
    listener.retryAt = 0;
  }

  /** Assumes that the answer to an inbox's call brings it up to date. Must be called before `changed`. */
  assume(userId: string): void {
    const member = this.#conversation.member(userId);
    if (member) this.#listener(userId).assumed = this.#conversation.target(member);
  }

  /**
   * Resolves when this inbox knows the current version, or could not be reached. It does not wait for later
   * messages: in a busy conversation there are always more. [READ-3]
   */
  async reach(userId: string): Promise<void> {
    const member = this.#conversation.member(userId);
    if (!member) return;
    const listener = this.#listener(userId);
    const wanted = this.#conversation.target(member);
    listener.assumed = null;
    this.#update(userId, true);
    // A call in flight may not carry everything: the next call is sent even if too many updates are in flight.
    while (listener.call !== null && !covers(listener.told, wanted)) {
      await listener.call;
      this.#update(userId, true);
    }
  }

  /** Retries inboxes that could not be reached, stores the marks, and sets the next alarm while anyone is behind. */
  async alarm(): Promise<void> {
    const now = this.#options.now();
    for (const userId of this.#everyone()) {
      const listener = this.#listener(userId);
      listener.assumed = null;
      if (listener.retryAt <= now) this.#update(userId);
    }
    const outside = this.#options.outside?.tell();
    await this.#options.settled(Promise.allSettled([...this.#calls, outside]), ALARM_PATIENCE);
    this.#writeDown();
  }

  *#everyone(): Generator<string> {
    yield* this.#conversation.activeMembers.keys();
    for (const userId of this.#written.keys()) {
      if (!this.#conversation.activeMembers.has(userId)) yield userId;
    }
  }

  #listener(userId: string): Listener {
    let listener = this.#listeners.get(userId);
    if (!listener) {
      const told = this.#written.get(userId) ?? this.#watermark;
      listener = { told, assumed: null, call: null, failures: 0, retryAt: 0, since: null };
      this.#listeners.set(userId, listener);
    }
    return listener;
  }

  #update(userId: string, isAwaited = false): void {
    const listener = this.#listener(userId);
    if (listener.call || listener.retryAt > this.#options.now()) return;
    const member = this.#conversation.member(userId);
    if (!member) return;
    if (listener.assumed && covers(listener.assumed, this.#conversation.target(member))) return;
    // Different states of 500 members can make 500 texts in memory, and each call has a copy of its own.
    if (this.#inFlight >= MAX_IN_FLIGHT && !isAwaited) {
      this.#waiting.add(userId);
      return;
    }
    const update = this.#updates.update(member, listener.told);
    if (!update) {
      this.#upToDate(listener);
      return;
    }
    listener.since ??= this.#options.now();
    const { header, text } = update;
    this.#inFlight += text.length;
    const call = this.#call(userId, listener, header, text).finally(() => {
      this.#inFlight -= text.length;
      this.#calls.delete(call);
      listener.call = null;
      // This member goes to the end of the queue; otherwise a busy conversation would tell the same few for ever.
      this.#waiting.add(userId);
      this.#updateWaiting();
    });
    listener.call = call;
    this.#calls.add(call);
  }

  #updateWaiting(): void {
    for (const userId of this.#waiting) {
      if (this.#inFlight >= MAX_IN_FLIGHT) return;
      this.#waiting.delete(userId);
      this.#update(userId);
    }
  }

  async #call(userId: string, listener: Listener, told: Version, text: string): Promise<void> {
    try {
      listener.told = await this.#options.call(userId, text);
    } catch {
      return this.#failed(userId, listener);
    }
    // The inbox has lost state that it once had: continue from its mark, but never in a tight loop.
    if (!covers(listener.told, told)) return this.#failed(userId, listener);
    if (listener.failures > 0) this.#options.wakeAt(this.#options.now() + WRITE_DOWN_AFTER);
    listener.failures = 0;
    listener.retryAt = 0;
  }

  #upToDate(listener: Listener): void {
    if (listener.since !== null) this.#options.reached(this.#options.now() - listener.since);
    listener.since = null;
  }

  #failed(userId: string, listener: Listener): void {
    listener.failures++;
    this.#options.missed(userId, this.#options.now() - (listener.since ?? this.#options.now()));
    const pause = Math.min(BACKOFF.first * 2 ** (listener.failures - 1), BACKOFF.longest);
    // Whole milliseconds: an alarm that fires a fraction of a millisecond early would find nothing to do.
    listener.retryAt = this.#options.now() + Math.ceil(pause * (0.5 + this.#options.random()));
    this.#options.wakeAt(listener.retryAt);
  }

  /**
   * Stores one mark for all reachable inboxes, which is the mark of the slowest one, and a row for each unreachable
   * inbox. An inbox that is up to date counts as knowing everything, though most of it does not concern its user.
   */
  #writeDown(): void {
    const { version } = this.#conversation;
    let mark = lower(version, this.#options.outside?.told ?? version);
    const soon = this.#options.now() + WRITE_DOWN_AFTER;
    let nextRetry = Number.POSITIVE_INFINITY;
    for (const userId of [...this.#everyone()]) {
      const member = this.#conversation.member(userId);
      if (!member) continue;
      const listener = this.#listener(userId);
      const upToDate = covers(listener.told, this.#conversation.target(member));
      if (upToDate) this.#forget(userId);
      else if (listener.failures > 0) {
        this.#remember(userId, listener.told);
        nextRetry = Math.min(nextRetry, listener.retryAt);
      } else if (this.#conversation.activeMembers.has(userId)) {
        this.#forget(userId);
        mark = lower(mark, listener.told);
      } else nextRetry = soon;
    }
    if (!isSame(mark, this.#watermark) || this.#conversation.hasUnwrittenReads) {
      this.#conversation.writeTold(mark);
      this.#watermark = mark;
    }
    if (!covers(mark, this.#conversation.version)) nextRetry = Math.min(nextRetry, soon);
    if (nextRetry < Number.POSITIVE_INFINITY) this.#options.wakeAt(nextRetry);
  }

  #remember(userId: string, told: Version): void {
    const written = this.#written.get(userId);
    if (written && isSame(written, told)) return;
    this.#store.putBehind(userId, told);
    this.#written.set(userId, told);
  }

  #forget(userId: string): void {
    if (this.#written.delete(userId)) this.#store.deleteBehind(userId);
    // A user who left is kept while a call is in flight; otherwise a second call would start if they came back.
    if (!this.#conversation.activeMembers.has(userId) && !this.#listeners.get(userId)?.call)
      this.#listeners.delete(userId);
  }
}
