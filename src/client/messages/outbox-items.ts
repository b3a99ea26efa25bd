import { inOrder, type Outgoing } from "./outgoing.ts";

/** A message that is about to be queued. */
export type Draft = Pick<Outgoing, "client_msg_id" | "conversation_id" | "msg_type" | "content" | "meta" | "rev">;

/** Number of removed messages remembered, so that no other tab or slow storage brings them back. [MEM-1] */
const MAX_GONE = 1_000;

/** What the outbox knows in memory: the messages that wait or failed, their order, and which ones have left. */
export class OutboxItems {
  readonly #items = new Map<string, Outgoing>();
  readonly #gone = new Set<string>();
  #order = 0;
  /** The creation time of the newest message. */
  #newest = 0;

  get size(): number {
    return this.#items.size;
  }

  get all(): Outgoing[] {
    return [...this.#items.values()];
  }

  get(clientMessageId: string): Outgoing | undefined {
    return this.#items.get(clientMessageId);
  }

  /** Whether a message has arrived or was discarded. */
  isGone(clientMessageId: string): boolean {
    return this.#gone.has(clientMessageId);
  }

  /** The messages of a conversation, oldest first. */
  of(conversationId: string): Outgoing[] {
    return this.all.filter((item) => item.conversation_id === conversationId).sort(inOrder);
  }

  /** Gives a message its place after all others. It is not in the outbox yet: `put` it. */
  placed(draft: Draft): Outgoing {
    // If the clock was set back, the message must still come after the waiting ones.
    this.#newest = Math.max(this.#newest, Date.now());
    return { ...draft, created_at: this.#newest, order: this.#order, status: "pending", error: null };
  }

  put(item: Outgoing): void {
    this.#items.set(item.client_msg_id, item);
    this.#order = Math.max(this.#order, item.order + 1);
    this.#newest = Math.max(this.#newest, item.created_at);
  }

  /** @returns the message, if it was there */
  remove(clientMessageId: string): Outgoing | undefined {
    this.#gone.add(clientMessageId);
    const [oldest = ""] = this.#gone;
    if (this.#gone.size > MAX_GONE) this.#gone.delete(oldest);
    const item = this.#items.get(clientMessageId);
    this.#items.delete(clientMessageId);
    return item;
  }
}
