import { Code, NexoError } from "../../protocol/codes.ts";
import type { ConversationRef } from "../../protocol/ids.ts";
import { KINDS } from "../../protocol/kinds.ts";
import type { Millis } from "../../protocol/model.ts";
import type { NewMessage } from "../calls.ts";
import { isRecalled, metaText } from "./amended.ts";
import { Capacity } from "./capacity.ts";
import { messageLine, type StoredMessage, serverMessageIds } from "./message.ts";
import { RecentMessages } from "./recent-messages.ts";
import type { ConversationStore } from "./store.ts";

export interface MessagesOptions {
  readonly conversationId: string;
  readonly ref: ConversationRef;
  readonly now: () => Millis;
  /** Whether storage has no room for more messages. Not called for each message: it takes as long as an insert. */
  readonly isFull: () => boolean;
}

/** The fields of the newest message that are needed to append the next one. */
type Head = Pick<StoredMessage, "seq" | "server_msg_id" | "send_at" | "countable">;
const NO_HEAD: Head = { seq: 0, server_msg_id: 0, send_at: 0, countable: 0 };

/** The messages of a conversation: the newest one and some recent ones in memory, all of them in storage. */
export class Messages {
  readonly recent = new RecentMessages();
  readonly #store: ConversationStore;
  readonly #options: MessagesOptions;
  readonly #capacity: Capacity;
  readonly #nextServerMessageId: (now: Millis, last: number) => number;
  #head: Head | StoredMessage = NO_HEAD;

  constructor(store: ConversationStore, options: MessagesOptions) {
    this.#store = store;
    this.#options = options;
    this.#capacity = new Capacity(options.isFull);
    this.#nextServerMessageId = serverMessageIds(options.conversationId);
  }

  /** The newest seq; 0 while there is no message. */
  get seq(): number {
    return this.#head.seq;
  }

  /** The number of countable messages. */
  get countable(): number {
    return this.#head.countable;
  }

  /** The newest message; undefined while there is none. */
  get newest(): StoredMessage | undefined {
    return "content" in this.#head ? this.#head : undefined;
  }

  get isFull(): boolean {
    return this.#capacity.isFull;
  }

  /** @throws NexoError TOO_LARGE if no more fits */
  assertRoom(): void {
    if (this.isFull) throw new NexoError(Code.TOO_LARGE, "the conversation is full: reading goes on");
  }

  /** Countable messages up to a seq. */
  countableAt(seq: number): number {
    return seq >= this.#head.seq ? this.#head.countable : this.#store.countableAt(seq);
  }

  /** The messages with these seqs, in their order. */
  bySeq(seqs: readonly number[]): StoredMessage[] {
    return seqs.length > 0 ? this.#store.messagesBySeq(seqs) : [];
  }

  /** The sender of a message; undefined if there is none, or if it was recalled. */
  authorOf(seq: number): string | undefined {
    const message = seq > 0 ? this.#store.message(seq) : undefined;
    return message && !isRecalled(message) ? message.sender_id : undefined;
  }

  /** A message as JSON. */
  line(message: StoredMessage): string {
    return messageLine(this.#options.conversationId, this.#options.ref, message);
  }

  /** Stores a message with the next seq. @returns null, and stores nothing, if the client_msg_id is already known. */
  append(
    senderId: string,
    send: NewMessage,
    sentAt = this.#options.now(),
  ): { readonly message: StoredMessage; readonly line: string } | null {
    const now = Math.max(sentAt, this.#head.send_at);
    const message: StoredMessage = {
      seq: this.#head.seq + 1,
      server_msg_id: this.#nextServerMessageId(now, this.#head.server_msg_id),
      sender_id: senderId,
      client_msg_id: send.client_msg_id,
      msg_type: send.msg_type,
      content: send.content,
      send_at: now,
      countable: this.#head.countable + (KINDS.get(send.msg_type)?.isCountable ? 1 : 0),
      rev: 0,
      loud_rev: 0,
      meta: send.meta ? metaText(send.meta) : null,
      amended: null,
    };
    if (!this.#store.insertMessage(message)) return null;
    this.#capacity.used(message.content.length);
    this.#head = message;
    const line = this.line(message);
    this.recent.push({ seq: message.seq, line, msg_type: message.msg_type });
    return { message, line };
  }

  /** Takes the new state of a message that exists. */
  replace(message: StoredMessage): void {
    this.#capacity.used(message.content.length);
    if (message.seq === this.#head.seq) this.#head = message;
    this.recent.replace(message.seq, this.line(message));
  }

  /** Reads the newest message again from storage. */
  load(): void {
    this.recent.clear();
    this.#head = this.#store.newest() ?? NO_HEAD;
  }

  /** Forgets everything: the conversation does not exist. */
  clear(): void {
    this.recent.clear();
    this.#head = NO_HEAD;
  }
}
