import type { Conversation, GoneConversation, Message } from "../../src/protocol/model.ts";

export type Held = Pick<Message, "seq" | "sender_id" | "msg_type" | "client_msg_id"> & { readonly line: string };

const FIRST_NOTICE = 1001;
const QUIT = 1003;

/** A client's copy of one conversation: its entry and its messages. */
export class Shelf {
  readonly messages = new Map<number, Held>();
  view: Conversation | null = null;
  max = 0;
  read = 0;
  peerRead = 0;
  /** The first seq that the user sees. */
  min = 1;
  /** Below, a pull has found nothing. */
  #floor = 1;

  take(view: Conversation): void {
    this.view = view;
    this.max = Math.max(this.max, view.max_seq);
    this.read = Math.max(this.read, view.read_seq);
    this.peerRead = Math.max(this.peerRead, view.peer_read_seq);
    if (view.min_seq > this.min) {
      this.min = view.min_seq;
      for (const seq of [...this.messages.keys()]) if (seq < this.min) this.messages.delete(seq);
    }
  }

  /** Stores a message. @returns false if another message has its seq. */
  put(message: Message, me: string): boolean {
    const line = JSON.stringify(message);
    const known = this.messages.get(message.seq);
    if (known) return known.line === line;
    if (message.seq < this.min) return true;
    const { seq, sender_id, msg_type, client_msg_id } = message;
    this.messages.set(seq, { seq, sender_id, msg_type, client_msg_id, line });
    this.max = Math.max(this.max, seq);
    // A send moves the sender's mark; a user who quit no longer reads.
    if (sender_id !== me) this.#heardOfPeer(message);
    else if (msg_type !== QUIT) this.read = Math.max(this.read, seq);
    return true;
  }

  #heardOfPeer({ session_type, seq }: Message): void {
    if (session_type === 1) this.peerRead = Math.max(this.peerRead, seq);
  }

  /** The first run of seqs that are missing. */
  gap(): { begin: number; end: number } | null {
    let begin = Math.max(this.min, this.#floor);
    while (begin <= this.max && this.messages.has(begin)) begin++;
    if (begin > this.max) return null;
    let end = begin;
    while (end < this.max && !this.messages.has(end + 1)) end++;
    return { begin, end };
  }

  /** Records a pull's answer: messages of the run before its first seq do not exist for the user. */
  pulled(end: number, first: number | undefined): void {
    this.#floor = Math.max(this.#floor, first ?? end + 1);
  }

  unread(): number {
    let count = 0;
    for (const { seq, msg_type } of this.messages.values()) if (seq > this.read && msg_type < FIRST_NOTICE) count++;
    return count;
  }
}

/** Everything that a client stores, and its cursor. */
export class Replica {
  readonly shelves = new Map<string, Shelf>();
  /**
   * Conversations that left the list, permanently since no list here is ever full. Late answers must not bring them
   * back.
   */
  readonly gone = new Set<string>();
  cursor = 0;

  shelf(conversationId: string): Shelf {
    let shelf = this.shelves.get(conversationId);
    if (!shelf) {
      shelf = new Shelf();
      this.shelves.set(conversationId, shelf);
    }
    return shelf;
  }

  take(conversation: Conversation | GoneConversation): void {
    if ("gone" in conversation) {
      this.shelves.delete(conversation.conversation_id);
      this.gone.add(conversation.conversation_id);
    } else this.shelf(conversation.conversation_id).take(conversation);
  }
}
