import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import type { Version } from "../member.ts";
import { encodeUpdate } from "./update.ts";
import type { UpdateBuilder } from "./update-builder.ts";

export interface FanOutOptions {
  /** Tells a member's inbox; resolves to the mark it then has. Must settle within a deadline. */
  readonly call: (userId: string, tell: string) => Promise<Version>;
  /** Makes sure that `alarm` is called at this time, or before. */
  readonly wakeAt: (time: number) => void;
  /** Resolves when the promise does, or after so many milliseconds. */
  readonly settled: (promise: Promise<unknown>, milliseconds: number) => Promise<void>;
  /** Runs something once what this turn answers is on its way. */
  readonly later: (run: () => void) => void;
  readonly now: () => number;
  readonly random: () => number;
  /** Hears how long it took until a member who was behind knew all. */
  readonly reached: (milliseconds: number) => void;
  /** Hears of each call that failed, and for how long this member has been behind. */
  readonly missed: (userId: string, milliseconds: number) => void;
}

/** Marks are written down this long after the first message they do not cover. */
const WRITE_DOWN_AFTER = 5_000;
/** Characters of tells on their way, each up to five bytes as text and as UTF-8; past it further inboxes wait. [MEM-1] */
const MAX_IN_FLIGHT = 8 * 1_048_576;
/** How long an alarm waits for its calls before it writes down what is known. */
const ALARM_PATIENCE = 2_000;
const BACKOFF = { first: 1_000, longest: 300_000 };

/** What is known of one member's inbox. */
interface Listener {
  /** The mark that the inbox itself has named. */
  told: Version;
  /** What an answer on its way brings: no need to tell it as well, but nothing to rely on either. */
  assumed: Version | null;
  /** The call in flight. */
  call: Promise<void> | null;
  failures: number;
  retryAt: number;
  /** Since when there is something to tell; null while there is not. */
  since: number | null;
}

/**
 * Lets every member's inbox know of every message and of every change of that member, at least once and
 * in order, whatever fails between. [TELL-1 TELL-3 TELL-4]
 *
 * One call is in flight for each inbox, and the next carries all that came meanwhile: a slow inbox delays
 * nobody. Who was told is kept in memory; the alarm writes it down as one mark for all, and a row for each
 * who cannot be reached. After a crash, what was not written down is told again.
 */
export class FanOut {
  readonly #room: ConversationState;
  readonly #updates: UpdateBuilder;
  readonly #store: ConversationStore;
  readonly #options: FanOutOptions;
  readonly #listeners = new Map<string, Listener>();
  readonly #calls = new Set<Promise<void>>();
  #inFlight = 0;
  /** Who is to be told once there is room for more tells, in this order. */
  readonly #waiting = new Set<string>();
  /** Rows of those behind, as stored; the keys that are no active members are those who left. */
  readonly #written = new Map<string, Version>();
  #watermark: Version = { seq: 0, ver: 0 };
  #soon = false;

  constructor(room: ConversationState, updates: UpdateBuilder, store: ConversationStore, options: FanOutOptions) {
    this.#room = room;
    this.#updates = updates;
    this.#store = store;
    this.#options = options;
    if (!room.isBorn) return;
    this.#watermark = room.toldStamp;
    this.#written = store.behind();
  }

  /** To be called in the turn of every change, so that the alarm is as durable as the change. */
  changed(departed: readonly string[] = []): void {
    this.#options.wakeAt(this.#options.now() + WRITE_DOWN_AFTER);
    // Their row was written with the change.
    for (const userId of departed) this.#written.set(userId, { seq: 0, ver: 0 });
    // Answers and pushes first: they would wait for the end of this turn, and telling takes its time.
    if (this.#soon) return;
    this.#soon = true;
    this.#options.later(() => {
      this.#soon = false;
      for (const userId of this.#everyone()) this.#tell(userId);
    });
  }

  /** An inbox has named its mark in a call of its own. */
  confirm(userId: string, mark: Version): void {
    // Outsiders who try something name marks too, and are nobody to tell.
    if (!this.#room.activeMembers.has(userId) && !this.#written.has(userId)) return;
    const listener = this.#listener(userId);
    listener.told = mark;
    listener.failures = 0;
    listener.retryAt = 0;
  }

  /** What the answer to an inbox's call brings it, if it arrives. To be called before `changed`. */
  assume(userId: string): void {
    const member = this.#room.member(userId);
    if (member) this.#listener(userId).assumed = this.#room.target(member);
  }

  /**
   * Resolves once this inbox knows all that there is now, or could not be reached. What comes later it does not wait
   * for: in a busy conversation there is always more. [READ-3]
   */
  async reach(userId: string): Promise<void> {
    const member = this.#room.member(userId);
    if (!member) return;
    const listener = this.#listener(userId);
    const wanted = this.#room.target(member);
    listener.assumed = null;
    this.#tell(userId, true);
    // A call that is under way may not carry all: the next goes out whatever else does.
    while (listener.call !== null && !covers(listener.told, wanted)) {
      await listener.call;
      this.#tell(userId, true);
    }
  }

  /** Tells again whom it could not reach, writes down who knows what, and arms itself while anyone is behind. */
  async alarm(): Promise<void> {
    const now = this.#options.now();
    for (const userId of this.#everyone()) {
      const listener = this.#listener(userId);
      listener.assumed = null;
      if (listener.retryAt <= now) this.#tell(userId);
    }
    await this.#options.settled(Promise.allSettled(this.#calls), ALARM_PATIENCE);
    this.#writeDown();
  }

  *#everyone(): Generator<string> {
    yield* this.#room.activeMembers.keys();
    for (const userId of this.#written.keys()) {
      if (!this.#room.activeMembers.has(userId)) yield userId;
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

  #tell(userId: string, isAwaited = false): void {
    const listener = this.#listener(userId);
    if (listener.call || listener.retryAt > this.#options.now()) return;
    const member = this.#room.member(userId);
    if (!member) return;
    if (listener.assumed && covers(listener.assumed, this.#room.target(member))) return;
    // The same messages for 500 inboxes are 500 texts.
    if (this.#inFlight >= MAX_IN_FLIGHT && !isAwaited) {
      this.#waiting.add(userId);
      return;
    }
    const tell = this.#updates.tell(member, listener.told);
    if (!tell) {
      this.#upToDate(listener);
      return;
    }
    listener.since ??= this.#options.now();
    const text = encodeUpdate(tell);
    this.#inFlight += text.length;
    const call = this.#call(userId, listener, tell.header, text).finally(() => {
      this.#inFlight -= text.length;
      this.#calls.delete(call);
      listener.call = null;
      // After those who wait already, or a busy conversation would tell the same few for ever.
      this.#waiting.add(userId);
      this.#tellWaiting();
    });
    listener.call = call;
    this.#calls.add(call);
  }

  #tellWaiting(): void {
    for (const userId of this.#waiting) {
      if (this.#inFlight >= MAX_IN_FLIGHT) return;
      this.#waiting.delete(userId);
      this.#tell(userId);
    }
  }

  async #call(userId: string, listener: Listener, told: Version, text: string): Promise<void> {
    try {
      listener.told = await this.#options.call(userId, text);
    } catch {
      return this.#failed(userId, listener);
    }
    // An inbox that lost what it once knew: tell it from there, but never in a tight loop.
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
    // Whole milliseconds: an alarm that rings before a fraction is over would find nothing to do yet.
    listener.retryAt = this.#options.now() + Math.ceil(pause * (0.5 + this.#options.random()));
    this.#options.wakeAt(listener.retryAt);
  }

  /**
   * One mark for all who can be reached, at what the slowest of them knows; a row for each who cannot.
   * Those who are up to date count as knowing everything, though most of it does not concern them.
   */
  #writeDown(): void {
    let mark = this.#room.stamp;
    const soon = this.#options.now() + WRITE_DOWN_AFTER;
    let nextRetry = Number.POSITIVE_INFINITY;
    for (const userId of [...this.#everyone()]) {
      const member = this.#room.member(userId);
      if (!member) continue;
      const listener = this.#listener(userId);
      const upToDate = covers(listener.told, this.#room.target(member));
      if (upToDate) this.#forget(userId);
      else if (listener.failures > 0) {
        this.#remember(userId, listener.told);
        nextRetry = Math.min(nextRetry, listener.retryAt);
      } else if (this.#room.activeMembers.has(userId)) {
        this.#forget(userId);
        mark = lower(mark, listener.told);
      } else nextRetry = soon;
    }
    if (mark.seq !== this.#watermark.seq || mark.ver !== this.#watermark.ver) {
      this.#store.updateTold(mark);
      this.#watermark = mark;
    }
    const behind = mark.seq < this.#room.stamp.seq || mark.ver < this.#room.stamp.ver;
    if (behind) nextRetry = Math.min(nextRetry, soon);
    if (nextRetry < Number.POSITIVE_INFINITY) this.#options.wakeAt(nextRetry);
  }

  #remember(userId: string, told: Version): void {
    const written = this.#written.get(userId);
    if (written && written.seq === told.seq && written.ver === told.ver) return;
    this.#store.putBehind(userId, told);
    this.#written.set(userId, told);
  }

  #forget(userId: string): void {
    if (this.#written.delete(userId)) this.#store.deleteBehind(userId);
    // Who left is remembered while a call is in flight, or a second would go out if they came back.
    if (!this.#room.activeMembers.has(userId) && !this.#listeners.get(userId)?.call) this.#listeners.delete(userId);
  }
}

function covers(a: Version, b: Version): boolean {
  return a.seq >= b.seq && a.ver >= b.ver;
}

function lower(a: Version, b: Version): Version {
  return { seq: Math.min(a.seq, b.seq), ver: Math.min(a.ver, b.ver) };
}
