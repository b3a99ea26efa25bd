import { type AppTypes, type Message, typed } from "./content.ts";
import { draft } from "./draft.ts";
import { metaOf, type Operation, withOperations } from "./operation.ts";
import type { Outgoing } from "./outgoing.ts";

/** The reactions to a message with one emoji. */
export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** Whether this user is among them. */
  readonly mine: boolean;
}

/**
 * A message to be shown, with the user's own operations that the server has not answered yet. A message that waits or
 * failed has no seq yet: 0.
 */
export type MessageItem<T extends AppTypes = AppTypes> = Message<T> & {
  readonly status: "sent" | "pending" | "failed";
  /** Why the message was refused; set only while it is failed. */
  readonly error: { readonly code: number; readonly message: string } | null;
  readonly edited: boolean;
  /** A recalled message has lost its content: `{}`. */
  readonly recalled: boolean;
  /** In the order in which their emoji came first. */
  readonly reactions: readonly Reaction[];
  /** The message that this one replies to; null if it is no reply, or the user does not see that message. */
  readonly quoted: Message<T> | null;
};

export interface ItemsParts {
  readonly conversationId: string;
  readonly userId: () => string;
  /** The operations on a message that the server has not answered yet; the same array until they change. */
  readonly operations: (seq: number) => readonly Operation[];
  readonly quoted: (seq: number) => Message | null;
}

interface Made {
  readonly item: MessageItem | null;
  readonly operations: readonly Operation[];
  readonly quoted: Message | null;
}

type State = Pick<MessageItem, "status" | "error">;
const SENT: State = { status: "sent", error: null };
const PENDING: State = { status: "pending", error: null };

/** The items of a conversation's messages. Each is the same object until it changes, so that a list renders only new rows. */
export class Items {
  readonly #parts: ItemsParts;
  readonly #made = new WeakMap<Message | Outgoing, Made>();
  /** The same for messages ahead of a gap: once in their place, they are a different row. */
  readonly #madeAhead = new WeakMap<Message, Made>();

  constructor(parts: ItemsParts) {
    this.#parts = parts;
  }

  /** The item of a message; null while it is being deleted. */
  sent(message: Message): MessageItem | null {
    return this.#item(this.#made, message, () => ({ ...message, ...SENT }));
  }

  /** The item of a message that was answered ahead of a gap. */
  ahead(message: Message): MessageItem | null {
    return this.#item(this.#madeAhead, message, () => ({ ...message, ...PENDING, seq: 0 }));
  }

  waiting(outgoing: Outgoing): MessageItem | null {
    return this.#item(this.#made, outgoing, () => {
      const { conversation_id, client_msg_id, msg_type, content, meta, created_at, status, error } = outgoing;
      const message = typed({
        ...draft(conversation_id, this.#parts.userId()),
        client_msg_id,
        msg_type,
        content: { ...content },
        send_at: created_at,
        meta: meta && metaOf(meta),
        amended: null,
      });
      return { ...message, status, error };
    });
  }

  #item<Source extends Message | Outgoing>(
    made: WeakMap<NoInfer<Source>, Made>,
    source: Source,
    make: () => Message & State,
  ): MessageItem | null {
    const seq = "seq" in source ? source.seq : 0;
    const replied = source.meta?.reply_to ?? 0;
    const quoted = replied > 0 ? this.#parts.quoted(replied) : null;
    const operations = this.#parts.operations(seq);
    const before = made.get(source);
    if (before && before.operations === operations && before.quoted === quoted) return before.item;
    const { status, error, ...message } = make();
    const shown = withOperations(message as Message, operations, this.#parts.userId());
    const item = shown && Object.freeze(itemOf(shown, { status, error }, quoted));
    made.set(source, { item, operations, quoted });
    return item;
  }
}

function itemOf(message: Message, state: State, quoted: Message | null): MessageItem {
  const { amended, mine = [] } = message;
  return {
    ...message,
    ...state,
    edited: (amended?.edited_at ?? 0) > 0,
    recalled: (amended?.recalled_at ?? 0) > 0,
    reactions: (amended?.reactions ?? []).map(([emoji, count]) => ({ emoji, count, mine: mine.includes(emoji) })),
    quoted,
  };
}
