import { parseConversationId, peerOf } from "../../protocol/ids.ts";
import type { NexoClientError } from "../errors.ts";
import { LazyView, type View } from "../view.ts";
import { type AppTypes, type Message, type Pulled, typed } from "./content.ts";
import { MessageLog, type Range } from "./message-log.ts";
import type { Outbox } from "./outbox.ts";
import type { Outgoing } from "./outgoing.ts";

/** A message to be shown. A message that waits or failed has no seq yet: 0. */
export type MessageItem<T extends AppTypes = AppTypes> = Message<T> & {
  readonly status: "sent" | "pending" | "failed";
  /** Why the message was refused; set only while it is failed. */
  readonly error: { readonly code: number; readonly message: string } | null;
};

/** The messages of a conversation, to be shown. */
export interface MessagesSnapshot<T extends AppTypes = AppTypes> {
  /** Oldest first, by seq; then the user's own messages that wait or failed. */
  readonly messages: readonly MessageItem<T>[];
  /** Whether `loadOlder` may find more. */
  readonly has_older: boolean;
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
  /**
   * Sets whether the user reads further up: new messages then push no old ones out of memory, up to 2,000 of them. Set
   * it to false when the newest messages are on the screen again.
   */
  readonly keep: (isKept: boolean) => void;
}

export interface ConversationMessagesParts {
  readonly conversationId: string;
  readonly userId: () => string;
  readonly outbox: Outbox;
  /** @throws NexoClientError */
  readonly pull: (conversationId: string, range: Range) => Promise<Pulled>;
  /** New messages, each once and in order. */
  readonly arrived: (messages: readonly Message[]) => void;
  /** Whether every new message is wanted, even if the conversation is not being viewed. */
  readonly isComplete: () => boolean;
  /** The range of the conversation according to the list; undefined before the list is loaded. */
  readonly place: () => { readonly max_seq: number; readonly min_seq: number } | undefined;
  readonly watched: (isWatched: boolean) => void;
}

/** The messages of one conversation: the log of those that have a seq, and those in the outbox. */
export class ConversationMessages implements MessagesView {
  readonly #parts: ConversationMessagesParts;
  readonly #view: LazyView<MessagesSnapshot>;
  #log: MessageLog | null = null;
  #isKept = false;
  /** Each message is wrapped once, so that a list of rows renders only new ones. */
  readonly #items = new WeakMap<Message | Outgoing, MessageItem>();
  /** The same for messages ahead of a gap: once in their place, they are a different row. */
  readonly #itemsAhead = new WeakMap<Message, MessageItem>();

  constructor(parts: ConversationMessagesParts) {
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

  get isWatched(): boolean {
    return this.#view.isWatched;
  }

  readonly loadOlder = async (limit = 50): Promise<void> => {
    await this.#log?.older(Math.min(Math.max(limit, 1), 100));
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
    this.#log ??= this.#newLog(place);
    // Subscribers must also learn that there is nothing to load.
    this.#view.changed();
    this.#log.show();
    this.#log.expect(Math.max(place, newest));
  }

  get hasLog(): boolean {
    return this.#log !== null;
  }

  get hasPlace(): boolean {
    return this.#log !== null || this.#parts.place() !== undefined;
  }

  /** Takes messages received. @param after the newest seq before them, used if there is no log yet. */
  take(messages: readonly Message[], after: number): void {
    if (!this.#isWanted) {
      this.rest();
      // Not viewed and without listeners; but messages that another client of this user sent leave the outbox.
      this.#parts.arrived(messages);
      return;
    }
    this.#log ??= this.#newLog(after);
    this.#log.take(messages);
  }

  /** Notes that messages exist up to a seq. @param after as in `take` */
  expect(newest: number, after: number): void {
    if (!this.#isWanted) return;
    this.#log ??= this.#newLog(after);
    this.#log.expect(newest);
  }

  /** A user who left and returned does not see earlier messages. */
  begin(seq: number): void {
    this.#log?.begin(seq);
  }

  /** Drops the messages of a conversation that is not being viewed; they are pulled again when it is. */
  rest(): void {
    if (this.#isWanted || !this.#log) return;
    this.#log.stop();
    this.#log = null;
    this.#view.changed();
  }

  /** The outbox has changed. */
  changed(): void {
    this.#view.changed();
  }

  stop(): void {
    this.#log?.stop();
  }

  get #isWanted(): boolean {
    return this.#view.isWatched || this.#parts.isComplete();
  }

  #newLog(after: number): MessageLog {
    const { conversationId, pull, arrived, isComplete } = this.#parts;
    const log = new MessageLog(
      {
        pull: (range) => pull(conversationId, range),
        appended: arrived,
        changed: () => this.#view.changed(),
        isComplete,
        isWatched: () => this.#view.isWatched,
      },
      after,
    );
    log.keep(this.#isKept);
    return log;
  }

  #snapshot(): MessagesSnapshot {
    const log = this.#log;
    const held = log?.messages ?? [];
    const own = this.#ownAhead();
    const known = new Set(
      [...held, ...own].filter(({ sender_id }) => this.#isMe(sender_id)).map((m) => m.client_msg_id),
    );
    const waiting = this.#parts.outbox.of(this.#parts.conversationId);
    const messages = [
      ...held.map((message) => wrapped(this.#items, message, (m) => ({ ...m, status: "sent", error: null }))),
      ...own.map((message) =>
        wrapped(this.#itemsAhead, message, (m) => ({ ...m, seq: 0, status: "pending", error: null })),
      ),
      ...waiting
        .filter(({ client_msg_id }) => !known.has(client_msg_id))
        .map((outgoing) => wrapped(this.#items, outgoing, (item) => this.#pending(item))),
    ];
    return Object.freeze({
      messages: Object.freeze(messages),
      has_older: log !== null && log.from > Math.max(this.#parts.place()?.min_seq ?? 1, 1),
      is_loading: log ? log.isLoading : !this.#parts.place(),
      error: log?.error ?? null,
    });
  }

  /** The user's own messages that were answered ahead of a gap: they count as pending until the gap is closed. */
  #ownAhead(): Message[] {
    const own = [...(this.#log?.early ?? [])].filter(({ sender_id }) => this.#isMe(sender_id));
    return own.sort((a, b) => a.seq - b.seq);
  }

  #isMe(userId: string): boolean {
    return userId === this.#parts.userId();
  }

  #pending({ conversation_id, client_msg_id, msg_type, content, created_at, status, error }: Outgoing): MessageItem {
    const message = typed({
      ...draft(conversation_id, this.#parts.userId()),
      client_msg_id,
      msg_type,
      content: { ...content },
      send_at: created_at,
      meta: null,
      amended: null,
    });
    return { ...message, status, error };
  }
}

function wrapped<T extends Message | Outgoing>(
  items: WeakMap<NoInfer<T>, MessageItem>,
  source: T,
  make: (source: T) => MessageItem,
): MessageItem {
  const item = items.get(source) ?? Object.freeze(make(source));
  items.set(source, item);
  return item;
}

/** The message fields that follow from its conversation. */
export function draft(conversationId: string, userId: string) {
  const ref = parseConversationId(conversationId);
  const session_type: 1 | 2 = ref?.type ?? 1;
  return {
    server_msg_id: 0,
    id: 0,
    conversation_id: conversationId,
    seq: 0,
    sender_id: userId,
    recv_id: ref ? peerOf(ref, userId) : "",
    group_id: ref?.type === 2 ? ref.group_id : "",
    session_type,
  };
}
