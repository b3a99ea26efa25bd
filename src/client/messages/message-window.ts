import type { NexoClientError } from "../errors.ts";
import { LazyView, type View } from "../view.ts";
import type { AppTypes, Message } from "./content.ts";
import type { Items, MessageItem } from "./items.ts";
import type { LogParts, Range } from "./log-parts.ts";
import { MessageLog } from "./message-log.ts";
import type { Outbox } from "./outbox.ts";

/** The messages of a conversation, to be shown. */
export interface MessagesSnapshot<T extends AppTypes = AppTypes> {
  /** Oldest first, by seq; then the user's own messages that wait or failed. */
  readonly messages: readonly MessageItem<T>[];
  /** Whether `loadOlder` may find more. */
  readonly has_older: boolean;
  /** Whether `loadNewer` finds more: only in a view that `around` has made, until it reaches the newest message. */
  readonly has_newer: boolean;
  readonly is_loading: boolean;
  /** Why messages could not be loaded; null if there is no error. */
  readonly error: NexoClientError | null;
}

/**
 * The messages of one conversation. The newest page is loaded first; `loadOlder` loads older ones.
 *
 * @example
 * const messages = client.messages(conversation_id);
 * const stop = messages.subscribe(() => render(messages.getSnapshot()));
 * await messages.loadOlder();
 */
export interface MessagesView<T extends AppTypes = AppTypes> extends View<MessagesSnapshot<T>> {
  /** Loads a page of older messages, if there are any. @throws NexoClientError */
  readonly loadOlder: (limit?: number) => Promise<void>;
  /** Loads a page of newer messages, if `has_newer`. @throws NexoClientError */
  readonly loadNewer: (limit?: number) => Promise<void>;
  /**
   * Sets whether the user reads further up: new messages then push no old ones out of memory, up to 2,000 of them. Set
   * it to false when the newest messages are on the screen again.
   */
  readonly keep: (isKept: boolean) => void;
  /**
   * A view of the same conversation that begins at a message instead of the newest, for a jump to it. It is a new view
   * for each call, and holds messages while it has subscribers.
   *
   * @example
   * const there = client.messages(chat).around(message.meta.reply_to);
   * there.subscribe(({ messages }) => render(messages));
   */
  readonly around: (seq: number) => MessagesView<T>;
}

export interface MessageWindowParts extends Pick<LogParts, "appended" | "held" | "isComplete"> {
  readonly conversationId: string;
  /** The seq at which it stands; undefined for the newest messages. */
  readonly seq?: number;
  readonly isMe: (userId: string) => boolean;
  readonly outbox: Outbox;
  readonly items: Items;
  readonly pull: (range: Range) => ReturnType<LogParts["pull"]>;
  /** The range of the conversation according to the list; undefined before the list is loaded. */
  readonly place: () => { readonly max_seq: number; readonly min_seq: number } | undefined;
  readonly changed: () => void;
  readonly watched: (isWatched: boolean) => void;
  readonly around: (seq: number) => MessagesView;
}

/** One view of a conversation's messages: the log of those that have a seq, and those in the outbox. */
export class MessageWindow implements MessagesView {
  readonly #parts: MessageWindowParts;
  readonly #view: LazyView<MessagesSnapshot>;
  #log: MessageLog | null = null;
  #isKept = false;

  constructor(parts: MessageWindowParts) {
    this.#parts = parts;
    this.#view = new LazyView(
      () => this.#snapshot(),
      (isWatched) => {
        if (isWatched) this.show();
        else if (!parts.isComplete()) this.#log?.stop();
        parts.watched(isWatched);
      },
    );
  }

  get subscribe() {
    return this.#view.subscribe;
  }

  get getSnapshot() {
    return this.#view.getSnapshot;
  }

  get around() {
    return this.#parts.around;
  }

  get isWatched(): boolean {
    return this.#view.isWatched;
  }

  get log(): MessageLog | null {
    return this.#log;
  }

  readonly loadOlder = async (limit = 50): Promise<void> => {
    await this.#log?.older(pageOf(limit));
  };

  readonly loadNewer = async (limit = 50): Promise<void> => {
    await this.#log?.newer(pageOf(limit));
  };

  readonly keep = (isKept: boolean): void => {
    this.#isKept = isKept;
    this.#log?.keep(isKept);
  };

  /**
   * Pulls missing messages, if the conversation is being viewed and its newest seq is known.
   * @param newest the minimum for the newest seq, if it was requested separately from the list.
   */
  show(newest = 0): void {
    const place = this.#parts.place()?.max_seq ?? newest;
    if (!this.#view.isWatched || (place === 0 && !this.#parts.place())) return;
    const log = this.begun(place);
    // Subscribers must also learn that there is nothing to load.
    this.#view.changed();
    log.show();
    log.expect(Math.max(place, newest));
  }

  /** The log. @param after the seq after which messages are new, if there is no log yet. */
  begun(after: number): MessageLog {
    this.#log ??= this.#newLog(after);
    return this.#log;
  }

  /** Drops the messages; they are pulled again when they are viewed. */
  drop(): void {
    if (!this.#log) return;
    this.#log.stop();
    this.#log = null;
    this.#view.changed();
  }

  changed(): void {
    this.#view.changed();
  }

  #newLog(after: number): MessageLog {
    const { pull, appended, held, isComplete, changed, seq } = this.#parts;
    const log = new MessageLog(
      {
        pull,
        appended,
        held,
        isComplete,
        changed: () => {
          this.#view.changed();
          changed();
        },
        isWatched: () => this.#view.isWatched,
      },
      seq ?? after,
      seq !== undefined,
    );
    log.keep(this.#isKept);
    return log;
  }

  #snapshot(): MessagesSnapshot {
    const { items, isMe, outbox, conversationId, place, seq } = this.#parts;
    const log = this.#log;
    const held = log?.messages ?? [];
    const has_newer = log?.hasNewer ?? false;
    // Answered ahead of a gap: they count as pending until the gap is closed.
    const ahead = (log?.early ?? []).filter(({ sender_id }) => isMe(sender_id)).sort((a, b) => a.seq - b.seq);
    const known = new Set([...held, ...ahead].filter(({ sender_id }) => isMe(sender_id)).map((m) => m.client_msg_id));
    const waiting = has_newer ? [] : outbox.of(conversationId);
    const messages = [
      ...held.map((message: Message) => items.sent(message)),
      ...ahead.map((message) => items.ahead(message)),
      ...waiting.filter(({ client_msg_id }) => !known.has(client_msg_id)).map((outgoing) => items.waiting(outgoing)),
    ];
    return Object.freeze({
      messages: Object.freeze(messages.filter((item) => item !== null)),
      has_older: log !== null && log.from > Math.max(place()?.min_seq ?? 1, 1),
      has_newer,
      // A view around a message is new: its first subscriber starts it.
      is_loading: log ? log.isLoading : seq !== undefined || !place(),
      error: log?.error ?? null,
    });
  }
}

function pageOf(limit: number): number {
  return Math.min(Math.max(limit, 1), 100);
}
