import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import { isActive, type Member } from "../member.ts";
import type { Told } from "../told.ts";
import { covers, lower, type ReportedVersion, type Version, versionOf } from "../version.ts";
import { AttendingPolicy } from "./attending.ts";
import { CallsInFlight } from "./calls-in-flight.ts";
import { EagerPolicy } from "./eager.ts";
import { type FanOutOptions, type Listener, newListener, pauseAfter } from "./listener.ts";
import { Pace } from "./pace.ts";
import type { Packet, Policy } from "./policy.ts";
import { StoredMarks } from "./stored-marks.ts";
import type { UpdateBuilder } from "./update-builder.ts";

/** How long an alarm waits for its calls before it stores the known marks. */
const ALARM_PATIENCE = 2_000;
/** When the alarm looks again at inboxes that have not answered. */
const LOOK_AGAIN = 5_000;

/**
 * Tells the inboxes of members about messages and changes, at least once and in order, even if calls or objects fail.
 * [TELL-1 TELL-3 TELL-4] Its policy decides who is told of what.
 *
 * Each inbox has at most one call in flight, and the next call carries everything that came meanwhile: a slow inbox
 * delays no other. The mark of each inbox is kept in memory. One mark is stored for all inboxes, and one row for each
 * inbox that cannot be reached. After a crash, everything past the stored marks is told again.
 */
export class FanOut {
  readonly #conversation: ConversationState;
  readonly #options: FanOutOptions;
  readonly #marks: StoredMarks;
  readonly #eager: Policy;
  readonly #attending: Policy;
  readonly #listeners = new Map<string, Listener>();
  readonly #calls = new CallsInFlight();
  readonly #pace: Pace;
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
    this.#options = options;
    this.#marks = new StoredMarks(conversation, store);
    this.#eager = new EagerPolicy(conversation, updates);
    this.#attending = new AttendingPolicy(conversation, store, updates);
    this.#changedAt = conversation.messages.newest?.send_at ?? 0;
    this.#pace = new Pace({ ...options, resume: (userIds) => this.#resume(userIds) });
  }

  get #policy(): Policy {
    return this.#conversation.isLarge ? this.#attending : this.#eager;
  }

  /** Must be called in the turn of every change, so that the alarm is as durable as the change. */
  changed(departed: readonly string[] = []): void {
    const now = this.#options.now();
    this.#options.wakeAt(now + this.#policy.guardAfter(now - this.#changedAt));
    this.#changedAt = now;
    for (const userId of departed) this.#marks.left(userId);
    this.#policy.concern(this.#conversation.room.takeConcerned());
    // Answers and pushes go first: they wait for the end of this turn, and telling takes long.
    if (this.#soon) return;
    this.#soon = true;
    this.#options.later(() => {
      this.#soon = false;
      for (const userId of this.#everyone()) this.#update(userId);
      void this.#options.outside?.tell().then(() => this.#atRest());
      this.#atRest();
    });
  }

  /** An inbox has reported its mark in a call of its own. */
  confirm(userId: string, mark: ReportedVersion): void {
    // Outsiders report marks too when they try an operation, but they are never told.
    if (!this.#conversation.isActiveMember(userId) && !this.#marks.behind.has(userId)) return;
    const listener = this.#listener(userId);
    this.#told(listener, versionOf(mark, this.#conversation.version));
    listener.failures = 0;
    listener.retryAt = 0;
  }

  /** Assumes that the answer to an inbox's call brings it up to date. Must be called before `changed`. */
  assume(userId: string): void {
    const member = this.#conversation.member(userId);
    if (!member) return;
    const listener = this.#listener(userId);
    listener.assumed = this.#conversation.target(member);
    // An inbox that attends catches up itself when it gets no answer.
    if (this.#conversation.isLarge) listener.relayed = Math.max(listener.relayed, listener.assumed.seq);
  }

  /**
   * The first message that the answer to a call of an inbox must carry. In a large group the inbox's mark may be old:
   * its sockets got the messages since, or there are none.
   */
  linesFrom(userId: string, mark: ReportedVersion): number {
    if (!this.#conversation.isLarge) return mark.seq + 1;
    const attends = this.#conversation.large.attending.has(userId);
    return Math.max(mark.seq, attends ? this.#listener(userId).relayed : this.#conversation.version.seq) + 1;
  }

  /**
   * Resolves when this inbox knows the current version, or could not be reached. It does not wait for later
   * messages: in a busy conversation there are always more. [READ-3]
   */
  async reach(userId: string): Promise<void> {
    const member = this.#conversation.member(userId);
    if (!member) return;
    const listener = this.#listener(userId);
    const wanted = this.#policy.target(member);
    listener.assumed = null;
    this.#update(userId, true);
    // A call in flight may not carry everything: the next call is sent even if too many updates are in flight.
    while (listener.call !== null && !covers(listener.told, wanted)) {
      await listener.call;
      this.#update(userId, true);
    }
  }

  /**
   * An inbox brings its list up to date, and says whether it has a socket: then it attends from now on, and the answer
   * brings its sockets up to date, too. @param after the newest message that its sockets have, if it knows
   * @returns the first message that the answer must carry
   */
  catchUp(userId: string, mark: ReportedVersion, isOnline: boolean, after: number | undefined): number {
    this.confirm(userId, mark);
    const { large, version } = this.#conversation;
    const listener = this.#listener(userId);
    const from = Math.max(mark.seq, after ?? (large.attending.has(userId) ? listener.relayed : 0)) + 1;
    if (!this.#conversation.isLarge || !this.#conversation.isActiveMember(userId)) return from;
    if (isOnline) large.attend(userId);
    else large.leave(userId);
    listener.relayed = Math.max(listener.relayed, version.seq);
    return from;
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
    await this.#options.settled(Promise.allSettled([this.#calls.ended(), outside]), ALARM_PATIENCE);
    this.#writeDown();
  }

  *#everyone(): Generator<string> {
    const told = new Set<string>();
    for (const userId of [...this.#policy.audience(), ...this.#marks.behind.keys()]) {
      if (told.has(userId)) continue;
      told.add(userId);
      yield userId;
    }
  }

  #listener(userId: string): Listener {
    const listener = this.#listeners.get(userId) ?? newListener(this.#marks.of(userId));
    this.#listeners.set(userId, listener);
    return listener;
  }

  #told(listener: Listener, mark: Version): void {
    listener.told = mark;
    listener.relayed = Math.max(listener.relayed, mark.seq);
  }

  #update(userId: string, isAwaited = false): void {
    const listener = this.#listener(userId);
    if (listener.call || listener.retryAt > this.#options.now()) return;
    const member = this.#conversation.member(userId);
    if (!member) return;
    if (listener.assumed && covers(listener.assumed, this.#conversation.target(member))) return;
    if (this.#calls.isFull && !isAwaited) {
      this.#calls.wait(userId);
      return;
    }
    const packet = this.#policy.next(member, listener);
    if (!packet) {
      this.#upToDate(userId, listener);
      return;
    }
    if (this.#policy.isPaced && !isAwaited && this.#pace.holds(userId)) return;
    this.#pace.called(userId);
    listener.since ??= this.#options.now();
    listener.call = this.#calls.add(this.#call(userId, listener, packet), packet.text.length, () => {
      listener.call = null;
      // This member goes to the end of the queue; otherwise a busy conversation would tell the same few for ever.
      this.#calls.wait(userId);
      for (const next of this.#calls.admitted()) this.#update(next);
      this.#atRest();
    });
  }

  #resume(userIds: readonly string[]): void {
    for (const userId of userIds) this.#update(userId);
    this.#atRest();
  }

  async #call(userId: string, listener: Listener, packet: Packet): Promise<void> {
    const attends = this.#conversation.large.attends(userId);
    try {
      const answer = await this.#options.call(userId, packet);
      if (packet.kind === "update") this.#told(listener, versionOf(answer, packet.version));
      listener.relayed = Math.max(listener.relayed, packet.version.seq);
      this.#attend(userId, answer, attends);
    } catch {
      return this.#failed(userId, listener);
    }
    // The inbox has lost state that it once had: continue from its mark, but never in a tight loop.
    if (packet.kind === "update" && !covers(listener.told, packet.version)) return this.#failed(userId, listener);
    if (listener.failures > 0) this.#options.wakeAt(this.#options.now() + LOOK_AGAIN);
    listener.failures = 0;
    listener.retryAt = 0;
  }

  /**
   * Every answer of an inbox says whether it has a socket. [TELL-8]
   * @param attends how often it had attended when the call began: "no socket" is older than any attend since
   */
  #attend(userId: string, { online }: Told, attends: number): void {
    if (!this.#conversation.isLarge) return;
    // An inbox of the release before does not know large groups: it is told again until it does.
    if (online === undefined) throw new Error("the inbox does not know large groups");
    this.#conversation.large.report(userId, online && this.#conversation.isActiveMember(userId), attends);
  }

  #upToDate(userId: string, listener: Listener): void {
    this.#policy.settled(userId);
    if (listener.since !== null) this.#options.reached(this.#options.now() - listener.since);
    listener.since = null;
  }

  #failed(userId: string, listener: Listener): void {
    listener.failures++;
    this.#options.missed(userId, this.#options.now() - (listener.since ?? this.#options.now()));
    listener.retryAt = this.#options.now() + pauseAfter(listener.failures, this.#options.random());
    this.#options.wakeAt(listener.retryAt);
  }

  /** Stores the marks when the last call has ended, if the policy wants it then. */
  #atRest(): void {
    const isBusy = this.#soon || !this.#calls.isEmpty || this.#pace.isHolding;
    if (!this.#policy.storesAtOnce || isBusy) return;
    if (covers(this.#toldOutside, this.#conversation.version)) this.#writeDown();
  }

  get #toldOutside(): Version {
    return this.#options.outside?.told ?? this.#conversation.version;
  }

  /**
   * Stores one mark for all reachable inboxes, which is the mark of the slowest one, and a row for each unreachable
   * inbox. An inbox that is up to date counts as knowing everything, though most of it does not concern its user.
   */
  #writeDown(): void {
    const { version } = this.#conversation;
    let mark = lower(version, this.#toldOutside);
    const soon = this.#options.now() + LOOK_AGAIN;
    let nextRetry = Number.POSITIVE_INFINITY;
    for (const userId of [...this.#everyone()]) {
      const member = this.#conversation.member(userId);
      if (!member) continue;
      const listener = this.#listener(userId);
      if (!this.#policy.next(member, listener)) this.#forget(userId, member);
      else if (listener.failures > 0) {
        this.#marks.remember(userId, this.#policy.markOf(member, listener));
        nextRetry = Math.min(nextRetry, listener.retryAt);
      } else if (isActive(member)) {
        this.#marks.forget(userId);
        mark = lower(mark, this.#policy.markOf(member, listener));
      } else nextRetry = soon;
    }
    this.#marks.put(mark);
    if (!covers(mark, this.#conversation.version)) nextRetry = Math.min(nextRetry, soon);
    if (nextRetry < Number.POSITIVE_INFINITY) this.#options.wakeAt(nextRetry);
  }

  #forget(userId: string, member: Member): void {
    this.#marks.forget(userId);
    // A user who left is kept while a call is in flight; otherwise a second call would start if they came back.
    if (!isActive(member) && !this.#listeners.get(userId)?.call) this.#listeners.delete(userId);
  }
}
