import { newer } from "./amended.ts";
import type { Message } from "./content.ts";
import type { ConversationMessagesParts } from "./conversation-parts.ts";
import { Items } from "./items.ts";
import type { Page } from "./log-parts.ts";
import { type MessagesView, MessageWindow } from "./message-window.ts";
import { type Operation, withOperations } from "./operation.ts";
import { Pins } from "./pins.ts";
import { Quotes } from "./quotes.ts";
import { type Changes, Revisions } from "./revisions.ts";

/** Number of the user's deletions remembered: the server keeps no more of a member. [MEM-1] */
const MAX_DELETED = 2_000;

/** The messages of one conversation: the view of the newest, views around others, and what keeps them current. */
export class ConversationMessages {
  /** The newest messages. */
  readonly view: MessageWindow;
  readonly pins: Pins;
  readonly #parts: ConversationMessagesParts;
  readonly #items: Items;
  readonly #quotes: Quotes;
  readonly #revisions: Revisions;
  /** The views around other messages that have subscribers. */
  readonly #arounds = new Set<MessageWindow>();
  /** Messages that the user has deleted: an older answer must not bring them back. */
  readonly #deleted = new Set<number>();

  constructor(parts: ConversationMessagesParts) {
    this.#parts = parts;
    const { conversationId, userId, paths, keeper } = parts;
    this.#revisions = new Revisions({
      ask: (sinceRev, fromSeq) => paths.changes(conversationId, sinceRev, fromSeq),
      oldest: () => (this.#isWatched ? this.#oldest() : null),
      take: (changes, sinceRev) => {
        keeper.amended(conversationId, changes, sinceRev);
        this.amend(changes.messages, changes.deleted);
      },
      reset: () => this.#reset(),
    });
    const held = (rev: number) => this.#revisions.held(rev);
    this.#quotes = new Quotes({
      find: (seq) => this.find(seq),
      pull: async (seqs) => this.#pulled(await paths.pullList(conversationId, seqs)),
      held,
      changed: () => {
        this.changed();
        this.#revisions.fill();
      },
    });
    this.pins = new Pins({
      ask: () => paths.pins(conversationId),
      isAble: () => parts.place() !== undefined,
      rev: () => this.rev,
      read: (messages, rev) => {
        this.amend(messages, []);
        held(rev);
        this.#revisions.fill();
      },
      shown: () => this.#windows.flatMap(({ log }) => log?.messages ?? []),
      operated: (message) => withOperations(message, parts.operations(message.seq), userId()),
      watched: () => this.#shown(),
    });
    this.#items = new Items({
      conversationId,
      userId,
      operations: parts.operations,
      quoted: (seq) => this.#quotes.of(seq),
    });
    this.view = this.#window({
      appended: parts.arrived,
      isComplete: parts.isComplete,
      watched: (isWatched) => {
        if (isWatched) this.#shown();
        parts.watched(isWatched);
      },
    });
  }

  /** A message that is shown, or was quoted. */
  find(seq: number): Message | undefined {
    for (const { log } of this.#windows) {
      const message = log?.messages.find((each) => each.seq === seq);
      if (message) return message;
    }
    return undefined;
  }

  /** The highest rev that is known of the conversation. */
  get rev(): number {
    return this.#revisions.known;
  }

  get hasLog(): boolean {
    return this.view.log !== null;
  }

  get hasPlace(): boolean {
    return this.hasLog || this.#parts.place() !== undefined;
  }

  /** Shows what is missing, if the conversation is being viewed. @param newest as in MessageWindow.show */
  show(newest = 0): void {
    // An answer with pins that is on its way may be older than what was missed.
    if (this.pins.view.isWatched) this.#revisions.check();
    for (const window of this.#windows) window.show(newest);
    this.#shown();
  }

  /**
   * Takes messages received.
   * @param after the newest seq before them, used if there is no log yet.
   * @param rev the rev up to which they are current
   */
  take(messages: readonly Message[], after: number, rev: number): void {
    this.amend(messages, []);
    for (const { log } of this.#arounds) log?.take(messages, rev);
    if (this.#isWanted) this.view.begun(after).take(this.#undeleted(messages), rev);
    else {
      this.rest();
      // Not viewed and without listeners; but messages that another client of this user sent leave the outbox.
      this.#parts.arrived(messages);
    }
    this.#revisions.heard(rev);
  }

  /** Notes that messages exist up to a seq. @param after as in `take` */
  expect(newest: number, after: number): void {
    if (this.#isWanted) this.view.begun(after).expect(newest);
    for (const { log } of this.#arounds) log?.expect(newest);
  }

  /** Takes newer states of messages, and the seqs of those that the user has deleted. */
  amend(messages: readonly Message[], deleted: readonly number[]): void {
    this.#noteDeleted(deleted);
    const given = new Map(messages.map((message) => [message.seq, message]));
    this.#replace((message) => {
      if (this.#deleted.has(message.seq)) return null;
      const next = given.get(message.seq);
      return next ? newer(message, next) : message;
    }, messages);
  }

  /** Replaces messages by their state after an operation, which the server has done without giving it. */
  confirm(operation: Operation, seqs: readonly number[]): void {
    if (operation.kind === "delete") this.#noteDeleted(seqs);
    const { userId } = this.#parts;
    const done = new Set(seqs);
    this.#replace((message) => (done.has(message.seq) ? withOperations(message, [operation], userId()) : message));
  }

  /** Takes changes that the server has pushed. */
  pushed(changes: Changes, sinceRev: number): void {
    this.amend(changes.messages, changes.deleted);
    // A push that is too large leaves its messages out.
    if (changes.messages.length + changes.deleted.length === 0) this.#revisions.heard(changes.rev);
    else this.#revisions.changed(sinceRev, changes.rev);
  }

  /** The conversation has reached a rev. */
  heard(rev: number): void {
    this.#revisions.heard(rev);
  }

  /** A user who left and returned does not see earlier messages. */
  begin(seq: number): void {
    for (const { log } of this.#windows) log?.begin(seq);
    const kept = (message: Message) => (message.seq < seq ? null : message);
    this.pins.replace(kept);
    if (this.#quotes.replace(kept)) this.changed();
  }

  /** Drops the messages of a conversation that is not being viewed; they are pulled again when it is. */
  rest(): void {
    if (this.#isWanted) return;
    this.view.drop();
    if (!this.#isWatched) this.#forget();
  }

  /** The outbox or the user's operations have changed. */
  changed(): void {
    for (const window of this.#windows) window.changed();
    this.pins.changed();
  }

  stop(): void {
    for (const { log } of this.#windows) log?.stop();
    this.#revisions.stop();
    this.pins.stop();
    this.#quotes.forget();
  }

  get #windows(): MessageWindow[] {
    return [this.view, ...this.#arounds];
  }

  get #isWatched(): boolean {
    return this.view.isWatched || this.pins.view.isWatched || this.#arounds.size > 0;
  }

  get #isWanted(): boolean {
    return this.view.isWatched || this.#parts.isComplete();
  }

  #window(own: Partial<ConstructorParameters<typeof MessageWindow>[0]> & { watched: (isWatched: boolean) => void }) {
    const { conversationId, outbox, paths, keeper, place, userId } = this.#parts;
    return new MessageWindow({
      conversationId,
      outbox,
      place,
      items: this.#items,
      isMe: (id) => id === userId(),
      pull: async (range) =>
        this.#pulled(await keeper.pull(conversationId, range, () => paths.pull(conversationId, range))),
      held: (rev) => this.#revisions.held(rev),
      changed: () => this.#revisions.fill(),
      appended: () => undefined,
      isComplete: () => false,
      around: (seq) => this.#around(seq),
      ...own,
    });
  }

  #around(seq: number): MessagesView {
    const around: MessageWindow = this.#window({
      seq,
      watched: (isWatched) => {
        if (isWatched) {
          this.#arounds.add(around);
          this.#shown();
          return;
        }
        this.#arounds.delete(around);
        around.drop();
      },
    });
    return around;
  }

  /** The conversation is being viewed: what was held before may have changed since. */
  #shown(): void {
    if (!this.#isWatched) return;
    this.pins.show();
    const holds = this.#windows.some(({ log }) => log && log.messages.length + log.early.length > 0);
    if (holds || this.pins.isReady) this.#revisions.check();
    else if (!this.pins.view.isWatched) this.#forget();
    this.#revisions.wake();
    this.#quotes.wake();
  }

  #forget(): void {
    this.#revisions.drop();
    this.#quotes.forget();
  }

  #reset(): void {
    this.#forget();
    this.#parts.keeper.forget(this.#parts.conversationId);
    for (const window of this.#windows) {
      window.log?.forget();
      window.show();
    }
    this.pins.show(true);
  }

  #pulled(page: Page): Page {
    this.#noteDeleted(page.deleted);
    if (page.isKept) this.#revisions.check();
    return { ...page, messages: this.#undeleted(page.messages) };
  }

  #undeleted(messages: readonly Message[]): readonly Message[] {
    return this.#deleted.size === 0 ? messages : messages.filter(({ seq }) => !this.#deleted.has(seq));
  }

  #noteDeleted(seqs: readonly number[]): void {
    for (const seq of seqs) this.#deleted.add(seq);
    for (const seq of this.#deleted) {
      if (this.#deleted.size <= MAX_DELETED) break;
      this.#deleted.delete(seq);
    }
  }

  /** @param others messages that may not be held yet, which the pins need */
  #replace(change: (message: Message) => Message | null, others?: readonly Message[]): void {
    for (const { log } of this.#windows) log?.replace(change);
    this.pins.replace(change, others);
    if (this.#quotes.replace(change)) this.changed();
  }

  /** The oldest seq that has to be current. */
  #oldest(): number {
    // Any message may be pinned.
    if (this.#parts.keeper.isKeeping || this.pins.view.isWatched) return 0;
    return Math.min(this.#quotes.oldest, ...this.#windows.map(({ log }) => log?.from ?? Number.POSITIVE_INFINITY));
  }
}
