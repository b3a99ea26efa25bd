import { Code } from "../../protocol/codes.ts";
import type { TabsEnvironment } from "../connection/environment.ts";
import { NexoClientError, noAnswer } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { Message } from "./content.ts";
import { OutboxSender } from "./outbox-sender.ts";
import { OutboxStore } from "./outbox-store.ts";
import { OutboxTabs } from "./outbox-tabs.ts";
import { inOrder, isLater, type Outgoing, readOutgoing } from "./outgoing.ts";

export interface OutboxParts {
  /** Hands a message to the server. @throws NexoClientError */
  readonly transmit: (outgoing: Outgoing) => Promise<Message>;
  /** Another tab has sent this message to the server. */
  readonly arrivedElsewhere: (message: Message, rev: number) => void;
  readonly changed: (conversationId: string) => void;
  /** Whether a message has all that it needs, such as its uploaded file; if not, `ready` is called later. */
  readonly isReady: (outgoing: Outgoing) => boolean;
  /** A message left the outbox. */
  readonly removed: (clientMessageId: string) => void;
  /** Resolves once it is known which user the messages belong to. */
  readonly storage: Promise<Storage>;
  readonly userId: () => string;
  /** Null where tabs cannot communicate with each other. */
  readonly tabs: TabsEnvironment | null;
  readonly isOnline: () => boolean;
}

type Draft = Pick<Outgoing, "client_msg_id" | "conversation_id" | "msg_type" | "content" | "meta" | "rev">;
type Settle = { resolve: (message: Message) => void; reject: (error: NexoClientError) => void };

/** Maximum number of waiting messages; beyond it, a send is refused at once. [MEM-1] */
const MAX_WAITING = 1_000;
/** Number of removed messages remembered, so that no other tab or slow storage brings them back. [MEM-1] */
const MAX_GONE = 1_000;

/**
 * Messages being sent. Each is repeated with its client_msg_id until it is answered or refused, so that none is lost
 * or duplicated. [SEND-3] Tabs that share a storage have one outbox, and one of them sends. [TAB-1]
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #store: OutboxStore<Outgoing>;
  readonly #sender: OutboxSender;
  readonly #items = new Map<string, Outgoing>();
  readonly #gone = new Set<string>();
  readonly #settles = new Map<string, Settle>();
  #tabs: OutboxTabs | null = null;
  /** True if no other tab has these messages. */
  #isAlone = false;
  #isClosed = false;
  #order = 0;
  /** The creation time of the newest message. */
  #newest = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#store = new OutboxStore(parts.storage);
    this.#sender = new OutboxSender({
      next: (conversationId) =>
        this.#isSending ? this.of(conversationId).find((item) => this.#isSendable(item)) : undefined,
      holds: (id) => this.#items.has(id),
      transmit: (item) => this.#transmit(item),
      arrived: (item, message) => this.#arrived(item.client_msg_id, message),
      failed: (item, error) => this.#failed(item, error),
    });
    void this.#begin();
  }

  /** The number of messages that wait or failed. */
  get size(): number {
    return this.#items.size;
  }

  /** The messages of a conversation that wait or failed, oldest first. */
  of(conversationId: string): Outgoing[] {
    return [...this.#items.values()].filter((item) => item.conversation_id === conversationId).sort(inOrder);
  }

  /** Loads what an earlier run or another client with the same storage left there, such as a closed tab. */
  async load(): Promise<void> {
    const loaded = await this.#store.load((entry) => readOutgoing(entry, this.#parts.userId()));
    const items = loaded.filter(({ client_msg_id: id }) => !this.#items.has(id) && !this.#gone.has(id));
    for (const item of items) this.#show(item);
    const waiting = items.filter(({ status }) => status === "pending");
    if (waiting.length > 0) this.#tabs?.put(...waiting);
  }

  /** Starts sending. */
  open(): void {
    this.#sender.open();
    this.#tabs?.hello();
    this.#nextOfAll();
  }

  /** Sending is possible again: paused messages are sent now, unless the server asked for the pause. */
  hurry(): void {
    this.#sender.wake();
    this.open();
  }

  /** Deletes all waiting and failed messages, and those that other clients of this user left in the storage. */
  forget(): void {
    for (const id of [...this.#items.keys()]) this.discard(id);
    void this.#store.clear();
  }

  /** Stops sending. Waiting messages stay in the storage, and their promises are rejected. */
  close(why: NexoClientError): void {
    this.#isClosed = true;
    this.#sender.close();
    this.#tabs?.close();
    for (const { reject } of this.#settles.values()) reject(why);
    this.#settles.clear();
  }

  /**
   * Queues a message; the promise gives the outcome.
   * @throws NexoClientError when too many messages wait, or the content cannot be written as JSON
   */
  send(message: Draft): Promise<Message> {
    if (this.#items.size >= MAX_WAITING) {
      throw new NexoClientError(Code.TOO_MANY_REQUESTS, `${MAX_WAITING} messages wait to be sent already`);
    }
    const { content, meta } = copyOf({ content: message.content, meta: message.meta });
    return this.#queue({ ...message, content, meta });
  }

  /** Retries a failed message with the same client_msg_id, after the waiting messages. */
  resend(clientMessageId: string): Promise<Message> {
    const item = this.#items.get(clientMessageId);
    if (item?.status !== "failed") throw new NexoClientError(Code.MESSAGE_NOT_FOUND, "no failed message of this id");
    return this.#queue(item);
  }

  /** Discards a failed or waiting message, once no tab will send it. A message in flight may still arrive. */
  discard(clientMessageId: string): void {
    if (!this.#items.has(clientMessageId)) return;
    if (this.#tabs && !this.#tabs.isLeading) {
      this.#tabs.discard(clientMessageId);
      return;
    }
    this.#discarded(clientMessageId);
    this.#tabs?.gone(clientMessageId);
  }

  /** A message has now all that it needs. */
  ready({ conversation_id }: Outgoing): void {
    this.#sender.next(conversation_id);
  }

  /** What a message needs was refused for good. */
  refused({ client_msg_id }: Outgoing, error: NexoClientError): void {
    const item = this.#items.get(client_msg_id);
    if (item) this.#failed(item, error);
  }

  /** A message of this user was received other than as an answer: it has arrived. */
  seen(message: Message): void {
    const { client_msg_id: id, conversation_id } = message;
    if (this.#items.get(id)?.conversation_id === conversation_id) this.#arrived(id, message);
  }

  async #begin(): Promise<void> {
    const name = await this.#store.sharedAs();
    if (this.#isClosed) return;
    this.#tabs = this.#newTabs(name);
    this.#isAlone = this.#tabs === null;
    if (this.#items.size > 0) this.#tabs?.put(...this.#items.values());
    await this.load();
    this.#nextOfAll();
  }

  #newTabs(name: string | undefined): OutboxTabs | null {
    const { tabs: environment, userId, isOnline } = this.#parts;
    if (!environment || name === undefined) return null;
    try {
      return new OutboxTabs({
        environment,
        name,
        userId,
        isAble: isOnline,
        held: (id) => this.#items.get(id),
        all: () => [...this.#items.values()],
        isGone: (id) => this.#gone.has(id),
        asked: (item) => this.#asked(item),
        told: (item) => {
          const { client_msg_id: id } = item;
          const held = this.#items.get(id);
          // This report is about an earlier try and is out of date.
          if (!this.#gone.has(id) && !(held && isLater(held, item))) this.#show(item);
        },
        discarded: (id) => this.#discarded(id),
        arrived: (message) => {
          const item = this.#items.get(message.client_msg_id);
          if (item) this.#parts.arrivedElsewhere(message, item.rev);
          this.seen(message);
        },
        leads: () => {
          void this.load().then(() => {
            this.#sender.wake();
            this.#nextOfAll();
          });
        },
      });
    } catch {
      // A browser set to store nothing may also block communication between tabs.
      return null;
    }
  }

  /** A message whose file is still being uploaded does not hold up the ones after it. */
  #isSendable(item: Outgoing): boolean {
    return item.status === "pending" && this.#parts.isReady(item);
  }

  get #isSending(): boolean {
    return this.#isAlone || (this.#tabs?.isSending ?? false);
  }

  #queue(message: Draft): Promise<Message> {
    const { client_msg_id: id, conversation_id } = message;
    const settled = new Promise<Message>((resolve, reject) => this.#settles.set(id, { resolve, reject }));
    // A caller that ignores the promise can see the failure in the conversation's messages.
    settled.catch(() => undefined);
    // If the clock was set back, the message must still come after the waiting ones.
    this.#newest = Math.max(this.#newest, Date.now());
    const item: Outgoing = { ...message, created_at: this.#newest, order: this.#order, status: "pending", error: null };
    this.#put(item);
    this.#tabs?.put(item);
    this.#sender.next(conversation_id);
    return settled;
  }

  /** This tab leads, and another tab asks it to send a message. */
  #asked(item: Outgoing): void {
    const { client_msg_id: id, conversation_id } = item;
    const held = this.#items.get(id);
    if (this.#gone.has(id) || (held && !isLater(item, held))) return;
    this.#put(item);
    this.#sender.next(conversation_id);
  }

  async #transmit(item: Outgoing): Promise<Message | null> {
    // Stored before it is sent: after a reload in between, the message is sent again and not lost.
    await this.#store.stored(item.client_msg_id);
    if (this.#tabs && !(await this.#tabs.sendsStill())) return null;
    if (!this.#items.has(item.client_msg_id)) throw noAnswer("discarded");
    return await this.#parts.transmit(item);
  }

  #arrived(id: string, message: Message): void {
    if (!this.#items.has(id)) return;
    this.#remove(id);
    this.#settles.get(id)?.resolve(message);
    this.#settles.delete(id);
    if (this.#tabs?.isLeading) this.#tabs.arrived(message);
  }

  #failed(item: Outgoing, error: NexoClientError): void {
    const { code, message } = error;
    const failed: Outgoing = { ...item, status: "failed", error: { code, message } };
    this.#reject(item.client_msg_id, error);
    this.#put(failed);
    // A tab that no longer leads reports nothing; the next leader finds out itself.
    if (this.#tabs?.isLeading) this.#tabs.put(failed);
  }

  #nextOfAll(): void {
    for (const id of new Set([...this.#items.values()].map((item) => item.conversation_id))) this.#sender.next(id);
  }

  #put(item: Outgoing): void {
    this.#store.put(item);
    this.#show(item);
  }

  #show(item: Outgoing): void {
    const { client_msg_id: id, error } = item;
    this.#items.set(id, item);
    this.#order = Math.max(this.#order, item.order + 1);
    this.#newest = Math.max(this.#newest, item.created_at);
    this.#parts.changed(item.conversation_id);
    if (error) this.#reject(id, new NexoClientError(error.code, error.message, { retryable: false }));
  }

  #discarded(id: string): void {
    this.#remove(id);
    this.#reject(id, new NexoClientError(Code.MESSAGE_NOT_FOUND, "discarded"));
  }

  #reject(id: string, error: NexoClientError): void {
    this.#settles.get(id)?.reject(error);
    this.#settles.delete(id);
  }

  #remove(id: string): void {
    this.#gone.add(id);
    const [oldest] = this.#gone;
    if (this.#gone.size > MAX_GONE && oldest !== undefined) this.#gone.delete(oldest);
    this.#store.remove(id);
    const conversationId = this.#items.get(id)?.conversation_id;
    this.#items.delete(id);
    this.#parts.removed(id);
    if (conversationId !== undefined) this.#parts.changed(conversationId);
  }
}

/** Later changes by the app do not affect what is sent: a retry sends the same. @throws NexoClientError */
export function copyOf<T>(sent: T): T {
  try {
    return JSON.parse(JSON.stringify(sent));
  } catch (cause) {
    throw new NexoClientError(Code.INVALID_PARAMETER, "content: must be JSON", { cause });
  }
}
