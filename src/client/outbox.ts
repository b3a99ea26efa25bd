import { Code } from "../protocol/codes.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Message } from "../protocol/model.ts";
import { isFinal, NexoClientError, toClientError } from "./errors.ts";
import { OutboxStore, type Outgoing } from "./outbox-store.ts";
import { pauseAfter } from "./pauses.ts";
import type { Storage } from "./storage.ts";

export interface OutboxParts {
  /** Hands a message to the server. @throws NexoClientError */
  readonly transmit: (outgoing: Outgoing) => Promise<Message>;
  readonly changed: (conversationId: string) => void;
  /** There once it is known whose messages these are. */
  readonly storage: Promise<Storage>;
}

/** A conversation's pause before its next try; a due one the server asked for. */
type Rest = { readonly timer: ReturnType<typeof setTimeout>; readonly isDue: boolean };
type Settle = { resolve: (message: Message) => void; reject: (error: NexoClientError) => void };

/** Messages that wait at most; with more a send is refused at once. [MEM-1] */
const MAX_WAITING = 1_000;

/**
 * Messages on their way: those of one conversation one after the other, each repeated with its client_msg_id
 * until it is answered or refused, so that none is lost and none is there twice. [SEND-3]
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #store: OutboxStore;
  readonly #items = new Map<string, Outgoing>();
  readonly #settles = new Map<string, Settle>();
  /** Conversations with one in flight, and those that rest before a retry. */
  readonly #busy = new Set<string>();
  readonly #resting = new Map<string, Rest>();
  readonly #failures = new Map<string, number>();
  #isOpen = false;
  #order = 0;
  /** The time of the newest. */
  #newest = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#store = new OutboxStore(parts.storage);
  }

  /** What waits in a conversation, oldest first. */
  of(conversationId: string): Outgoing[] {
    return [...this.#items.values()].filter((item) => item.conversation_id === conversationId).sort(inOrder);
  }

  /** Takes up what an earlier run left in the storage, or another client that shares it: a tab that was closed. */
  async load(): Promise<void> {
    for (const item of await this.#store.load()) {
      if (this.#items.has(item.client_msg_id)) continue;
      this.#items.set(item.client_msg_id, item);
      this.#order = Math.max(this.#order, item.order + 1);
      this.#newest = Math.max(this.#newest, item.created_at);
    }
    this.#all((conversationId) => this.#parts.changed(conversationId));
  }

  /** From now on messages go out. */
  open(): void {
    this.#isOpen = true;
    this.#all((conversationId) => this.#next(conversationId));
  }

  /** The way is free again: what rested goes out now, unless the server itself asked for the pause. */
  hurry(): void {
    for (const [conversationId, { timer, isDue }] of this.#resting) {
      if (isDue) continue;
      clearTimeout(timer);
      this.#resting.delete(conversationId);
    }
    this.#failures.clear();
    this.open();
  }

  /** Nothing goes out any more. What waits stays in the storage, and nobody is kept waiting for it. */
  close(why: NexoClientError): void {
    this.#isOpen = false;
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    for (const { reject } of this.#settles.values()) reject(why);
    this.#settles.clear();
  }

  /** Takes a message; the promise is what became of it. @throws NexoClientError when too many wait */
  send(message: Pick<Outgoing, "client_msg_id" | "conversation_id" | "msg_type" | "content">): Promise<Message> {
    if (this.#items.size >= MAX_WAITING) {
      throw new NexoClientError(Code.TOO_MANY_REQUESTS, `${MAX_WAITING} messages wait to be sent already`);
    }
    return this.#queue(message);
  }

  /** Tries a failed one again, with the same client_msg_id, after those that wait. */
  resend(clientMessageId: string): Promise<Message> {
    const item = this.#items.get(clientMessageId);
    if (item?.status !== "failed") throw new NexoClientError(Code.MESSAGE_NOT_FOUND, "no failed message of this id");
    return this.#queue(item);
  }

  /** Forgets one that failed or waits. One in flight may arrive all the same. */
  discard(clientMessageId: string): void {
    const item = this.#items.get(clientMessageId);
    if (!item) return;
    this.#remove(item);
    this.#settles.get(clientMessageId)?.reject(new NexoClientError(Code.MESSAGE_NOT_FOUND, "discarded"));
    this.#settles.delete(clientMessageId);
  }

  /** A message of this user came back by another way than an answer: it has arrived. */
  seen(message: Message): void {
    const item = this.#items.get(message.client_msg_id);
    if (item?.conversation_id === message.conversation_id) this.#arrived(item, message);
  }

  #queue(message: Pick<Outgoing, "client_msg_id" | "conversation_id" | "msg_type" | "content">): Promise<Message> {
    const { client_msg_id: id, conversation_id } = message;
    const settled = new Promise<Message>((resolve, reject) => this.#settles.set(id, { resolve, reject }));
    // Whoever does not look at it sees the failure in the conversation's messages.
    settled.catch(() => undefined);
    // A clock that was set back must not put it before those that wait.
    this.#newest = Math.max(this.#newest, Date.now());
    this.#put({ ...message, created_at: this.#newest, order: this.#order++, status: "pending", error: null });
    this.#next(conversation_id);
    return settled;
  }

  #all(act: (conversationId: string) => void): void {
    for (const id of new Set([...this.#items.values()].map((item) => item.conversation_id))) act(id);
  }

  #next(conversationId: string): void {
    if (!this.#isOpen || this.#busy.has(conversationId) || this.#resting.has(conversationId)) return;
    const item = this.of(conversationId).find(({ status }) => status === "pending");
    if (item) void this.#transmit(item);
  }

  async #transmit(item: Outgoing): Promise<void> {
    const { client_msg_id: id, conversation_id } = item;
    this.#busy.add(conversation_id);
    try {
      // Stored before it is sent: a reload in between repeats it and does not lose it.
      await this.#store.stored(id);
      assertSize(item.content);
      const message = await this.#parts.transmit(item);
      this.#failures.delete(conversation_id);
      this.#arrived(item, message);
    } catch (error) {
      this.#failed(item, toClientError(error));
    } finally {
      this.#busy.delete(conversation_id);
      this.#next(conversation_id);
    }
  }

  #arrived(item: Outgoing, message: Message): void {
    if (!this.#items.has(item.client_msg_id)) return;
    this.#remove(item);
    this.#settles.get(item.client_msg_id)?.resolve(message);
    this.#settles.delete(item.client_msg_id);
  }

  #failed(item: Outgoing, error: NexoClientError): void {
    const { client_msg_id, conversation_id } = item;
    // Closed meanwhile: it stays in the storage as it is.
    if (!this.#isOpen || !this.#items.has(client_msg_id)) return;
    if (isFinal(error)) {
      this.#put({ ...item, status: "failed", error: { code: error.code, message: error.message } });
      this.#settles.get(client_msg_id)?.reject(error);
      this.#settles.delete(client_msg_id);
      return;
    }
    const failures = this.#failures.get(conversation_id) ?? 0;
    this.#failures.set(conversation_id, failures + 1);
    const isDue = error.code === Code.TOO_MANY_REQUESTS;
    const timer = setTimeout(
      () => {
        this.#resting.delete(conversation_id);
        this.#next(conversation_id);
      },
      pauseAfter(error, failures),
    );
    this.#resting.set(conversation_id, { timer, isDue });
  }

  #put(item: Outgoing): void {
    this.#items.set(item.client_msg_id, item);
    this.#store.put(item);
    this.#parts.changed(item.conversation_id);
  }

  #remove(item: Outgoing): void {
    this.#items.delete(item.client_msg_id);
    this.#store.remove(item.client_msg_id);
    this.#parts.changed(item.conversation_id);
  }
}

/** One that is too large for a frame would cost the socket, and after it the next one. */
function assertSize(content: Outgoing["content"]): void {
  if (new TextEncoder().encode(JSON.stringify(content)).length <= LIMITS.contentBytes) return;
  throw new NexoClientError(Code.INVALID_PARAMETER, `content: must have at most ${LIMITS.contentBytes} bytes of JSON`);
}

function inOrder(a: Outgoing, b: Outgoing): number {
  return a.created_at - b.created_at || a.order - b.order;
}
