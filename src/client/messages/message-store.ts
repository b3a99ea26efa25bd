import type { GoneConversation } from "../../protocol/model.ts";
import { callApp } from "../app-code.ts";
import type { ConversationList } from "../conversations/conversations.ts";
import type { AppTypes, Conversation, Message } from "./content.ts";
import type { ConversationMessagesParts } from "./conversation-parts.ts";
import { ConversationMessages } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { Operations } from "./operations.ts";
import type { Changes } from "./revisions.ts";

/** Called with each new message, once and in the order of its conversation. */
export type MessageListener<T extends AppTypes = AppTypes> = (message: Message<T>) => void;

export interface MessageStoreParts extends Pick<ConversationMessagesParts, "outbox" | "userId" | "paths" | "keeper"> {
  readonly list: ConversationList;
  readonly operations: Operations;
}

/** Number of conversations that keep their messages when left, so that returning shows them at once. [MEM-1] */
const KEPT = 20;

/** The messages of all conversations, and the listeners for every new message. */
export class MessageStore {
  readonly #parts: MessageStoreParts;
  readonly #conversations = new Map<string, ConversationMessages>();
  readonly #listeners = new Set<MessageListener>();
  /** Conversations that were left, oldest first. */
  readonly #left = new Set<string>();

  constructor(parts: MessageStoreParts) {
    this.#parts = parts;
  }

  of(conversationId: string): ConversationMessages {
    const known = this.#conversations.get(conversationId);
    if (known) return known;
    const messages = new ConversationMessages({
      ...this.#parts,
      conversationId,
      operations: (seq) => this.#parts.operations.of(conversationId, seq),
      arrived: (some) => this.#arrived(some),
      isComplete: () => this.#listeners.size > 0,
      place: () => this.#placeOf(conversationId),
      watched: (isWatched) => this.#watched(conversationId, isWatched),
    });
    this.#conversations.set(conversationId, messages);
    messages.heard(this.#parts.list.get(conversationId)?.rev ?? 0);
    return messages;
  }

  /** Calls the listener with every message after the current position of each conversation. @returns stops the calls */
  onMessage(listener: MessageListener): () => void {
    const own: MessageListener = (message) => callApp(() => listener(message));
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Takes messages received, of any conversations. Call it before the list is updated with them. */
  take(messages: readonly Message[], revs: Readonly<Record<string, number>>): void {
    for (const id of new Set(messages.map(({ conversation_id }) => conversation_id))) {
      const conversation = this.of(id);
      const some = messages.filter(({ conversation_id }) => conversation_id === id);
      // The first sync sets where listening begins, not what an earlier run left.
      const hasPlace = conversation.hasPlace && !this.#parts.list.isRestored(id);
      if (conversation.hasLog || hasPlace) {
        conversation.take(some, this.#placeOf(id)?.max_seq ?? 0, revs[id] ?? 0);
      }
    }
  }

  /** Takes conversations that the list is about to take over. */
  listed(conversations: readonly (Conversation | GoneConversation)[]): void {
    for (const conversation of conversations) {
      if ("gone" in conversation) continue;
      const { conversation_id: id, max_seq, min_seq } = conversation;
      const known = this.#conversations.get(id);
      known?.begin(min_seq);
      known?.heard(conversation.rev ?? 0);
      // The first list sets where listening begins; the messages it counts are not new.
      if (!this.#parts.list.isReady) continue;
      const after = this.#parts.list.get(id)?.max_seq ?? Math.max(min_seq - 1, 0);
      if (max_seq > after) this.of(id).expect(max_seq, after);
    }
  }

  /** Takes changes of messages that the server has pushed. */
  pushed(conversationId: string, changes: Changes, sinceRev: number): void {
    this.#conversations.get(conversationId)?.pushed(changes, sinceRev);
  }

  /** The server has done an operation of this user. */
  confirm(conversationId: string, operation: Operation, seqs: readonly number[]): void {
    this.#conversations.get(conversationId)?.confirm(operation, seqs);
  }

  /** Takes newer states of messages, from an answer to an operation. */
  amend(conversationId: string, messages: readonly Message[], rev: number): void {
    const conversation = this.of(conversationId);
    conversation.amend(messages, []);
    conversation.heard(rev);
  }

  /** The conversation itself reports that it extends to this seq, and has reached this rev. */
  reached(conversationId: string, newest: number, rev: number): void {
    const conversation = this.of(conversationId);
    conversation.heard(rev);
    conversation.show(newest);
    const listed = this.#parts.list.get(conversationId);
    if (listed) conversation.expect(newest, listed.max_seq);
  }

  /** The list is loaded, or the connection is back: conversations being viewed get their missing messages. */
  show(): void {
    for (const conversation of this.#conversations.values()) conversation.show();
  }

  stop(): void {
    this.#listeners.clear();
    for (const conversation of this.#conversations.values()) conversation.stop();
  }

  #placeOf(conversationId: string): { max_seq: number; min_seq: number } | undefined {
    const { list } = this.#parts;
    return list.get(conversationId) ?? (list.isReady ? { max_seq: 0, min_seq: 1 } : undefined);
  }

  #watched(conversationId: string, isWatched: boolean): void {
    this.#left.delete(conversationId);
    if (!isWatched) this.#left.add(conversationId);
    const [oldest] = this.#left;
    if (this.#left.size <= KEPT || oldest === undefined) return;
    this.#left.delete(oldest);
    this.#conversations.get(oldest)?.rest();
  }

  #arrived(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.sender_id === this.#parts.userId()) this.#parts.outbox.seen(message);
      for (const listener of [...this.#listeners]) listener(message);
    }
  }
}
