import { Code } from "../../protocol/codes.ts";
import type { TabsEnvironment } from "../connection/environment.ts";
import { NexoClientError, noAnswer } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { Message } from "./content.ts";
import { type Draft, OutboxItems } from "./outbox-items.ts";
import { OutboxSender } from "./outbox-sender.ts";
import { OutboxStore } from "./outbox-store.ts";
import { OutboxTabs } from "./outbox-tabs.ts";
import { copyOf, isLater, type Outgoing, readOutgoing } from "./outgoing.ts";

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

type Settle = { resolve: (message: Message) => void; reject: (error: NexoClientError) => void };

/** Maximum number of waiting messages; beyond it, a send is refused at once. [MEM-1] */
const MAX_WAITING = 1_000;

/**
 * Messages being sent. Each is repeated with its client_msg_id until it is answered or refused, so that none is lost
 * or duplicated. [SEND-3] Tabs that share a storage have one outbox, and one of them sends. [TAB-1]
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #store: OutboxStore<Outgoing>;
  readonly #sender: OutboxSender;
  readonly #items = new OutboxItems();
  readonly #settles = new Map<string, Settle>();
  #tabs: OutboxTabs | null = null;
  /** True if no other tab has these messages. */
  #isAlone = false;
  #isClosed = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#store = new OutboxStore(parts.storage);
    this.#sender = new OutboxSender({
      next: (conversationId) =>
        this.#isSending ? this.of(conversationId).find((item) => this.#isSendable(item)) : undefined,
      items: this.#items,
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
    return this.#items.of(conversationId);
  }

  /** Loads what an earlier run or another client with the same storage left there, such as a closed tab. */
  async load(): Promise<void> {
    const loaded = await this.#store.load((entry) => readOutgoing(entry, this.#parts.userId()));
    const items = loaded.filter(({ client_msg_id: id }) => !this.#items.get(id) && !this.#items.isGone(id));
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
    for (const { client_msg_id } of this.#items.all) this.discard(client_msg_id);
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
    if (!this.#items.get(clientMessageId)) return;
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
    if (this.#items.size > 0) this.#tabs?.put(...this.#items.all);
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
        items: this.#items,
        asked: (item) => this.#asked(item),
        told: (item) => {
          const { client_msg_id: id } = item;
          const held = this.#items.get(id);
          // This report is about an earlier try and is out of date.
          if (!this.#items.isGone(id) && !(held && isLater(held, item))) this.#show(item);
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
    const item = this.#items.placed(message);
    this.#put(item);
    this.#tabs?.put(item);
    this.#sender.next(conversation_id);
    return settled;
  }

  /** This tab leads, and another tab asks it to send a message. */
  #asked(item: Outgoing): void {
    const { client_msg_id: id, conversation_id } = item;
    const held = this.#items.get(id);
    if (this.#items.isGone(id) || (held && !isLater(item, held))) return;
    this.#put(item);
    this.#sender.next(conversation_id);
  }

  async #transmit(item: Outgoing): Promise<Message | null> {
    // Stored before it is sent: after a reload in between, the message is sent again and not lost.
    await this.#store.stored(item.client_msg_id);
    if (this.#tabs && !(await this.#tabs.sendsStill())) return null;
    if (!this.#items.get(item.client_msg_id)) throw noAnswer("discarded");
    return await this.#parts.transmit(item);
  }

  #arrived(id: string, message: Message): void {
    if (!this.#items.get(id)) return;
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
    for (const id of new Set(this.#items.all.map((item) => item.conversation_id))) this.#sender.next(id);
  }

  #put(item: Outgoing): void {
    this.#store.put(item);
    this.#show(item);
  }

  #show(item: Outgoing): void {
    const { client_msg_id: id, error } = item;
    this.#items.put(item);
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
    const removed = this.#items.remove(id);
    this.#store.remove(id);
    this.#parts.removed(id);
    if (removed) this.#parts.changed(removed.conversation_id);
  }
}
