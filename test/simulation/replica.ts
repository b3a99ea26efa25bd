import type { Conversation, GoneConversation, Message } from "../../src/protocol/model.ts";
import type { Random } from "./random.ts";

export type Held = Pick<Message, "seq" | "sender_id" | "msg_type" | "client_msg_id" | "content" | "meta" | "amended">;

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
  /** What the user has deleted for themselves. */
  readonly deleted = new Set<number>();
  /** All that is held is current up to this rev; infinite while nothing is held. */
  current = Number.POSITIVE_INFINITY;
  /** The highest rev that was heard of. */
  known = 0;
  /** The lowest rev of the messages that were taken since the request in flight began. */
  #taken = Number.POSITIVE_INFINITY;
  /** Whether the screen shows the conversation again, so that it asks even if nothing was heard of. */
  isDue = false;
  /** Below, a pull has found nothing. */
  #floor = 1;

  /** What a history has of it. @param isKept whether a message can be read back */
  copy(isKept: () => boolean): Shelf {
    const { view, max, read, peerRead, min, current, known } = this;
    // What changed since is asked when it is shown again. [HIST-5]
    const copy = Object.assign(new Shelf(), { view, max, read, peerRead, min, current, known, isDue: true });
    for (const [seq, held] of this.messages) if (isKept()) copy.messages.set(seq, held);
    for (const seq of this.deleted) copy.deleted.add(seq);
    return copy;
  }

  take(view: Conversation): void {
    this.view = view;
    this.known = Math.max(this.known, view.rev);
    this.max = Math.max(this.max, view.max_seq);
    this.read = Math.max(this.read, view.read_seq);
    this.peerRead = Math.max(this.peerRead, view.peer_read_seq);
    if (view.min_seq > this.min) {
      this.min = view.min_seq;
      for (const seq of [...this.messages.keys()]) if (seq < this.min) this.messages.delete(seq);
    }
  }

  /** Stores a message, or its newer state. @returns false if another message has its seq, or another state its rev. */
  put(message: Message, me: string): boolean {
    if (message.seq < this.min) return true;
    this.max = Math.max(this.max, message.seq);
    if (this.deleted.has(message.seq)) return true;
    const known = this.messages.get(message.seq);
    if (known) return this.#replace(known, message);
    const { seq } = message;
    this.messages.set(seq, message);
    // A send moves the sender's mark; a user who quit no longer reads.
    if (message.sender_id !== me) this.#heardOfPeer(message);
    else if (message.msg_type !== QUIT) this.read = Math.max(this.read, seq);
    return true;
  }

  /** Takes the newer state of a message that is held. @returns false if it contradicts what is held */
  amend(message: Message): boolean {
    const known = this.messages.get(message.seq);
    return !known || this.#replace(known, message);
  }

  /** Former members see no reactions, so states of the same rev may differ in them, but not in what they say. */
  #replace(known: Held, message: Message): boolean {
    const said = ({ sender_id, client_msg_id, content, meta }: Held) =>
      JSON.stringify([sender_id, client_msg_id, content, meta]);
    const [before, after] = [known.amended?.rev ?? 0, message.amended?.rev ?? 0];
    if (after > before) this.messages.set(message.seq, message);
    return known.client_msg_id === message.client_msg_id && (after !== before || said(known) === said(message));
  }

  remove(seqs: readonly number[]): void {
    for (const seq of seqs) {
      this.max = Math.max(this.max, seq);
      this.deleted.add(seq);
      this.messages.delete(seq);
    }
  }

  /** Messages were taken that are current up to a rev. */
  held(rev: number): void {
    this.current = Math.min(this.current, rev);
    this.#taken = Math.min(this.#taken, rev);
    this.known = Math.max(this.known, rev);
  }

  /** All changes between two revs were applied. */
  changed(sinceRev: number, rev: number): void {
    if (sinceRev <= this.current) this.current = Math.max(this.current, rev);
    this.known = Math.max(this.known, rev);
  }

  get isBehind(): boolean {
    return this.current < this.known || (this.isDue && this.current < Number.POSITIVE_INFINITY);
  }

  /** A request for changes begins. @returns the rev to ask since */
  asking(): number {
    this.#taken = Number.POSITIVE_INFINITY;
    return this.current;
  }

  /** The answer to a request for changes. */
  asked({ rev, has_more }: { rev: number; has_more: boolean }): void {
    this.current = Math.max(this.current, Math.min(rev, this.#taken));
    this.known = Math.max(this.known, rev);
    this.isDue = has_more;
  }

  #heardOfPeer({ session_type, seq }: Message): void {
    if (session_type === 1) this.peerRead = Math.max(this.peerRead, seq);
  }

  /** The first run of seqs that are missing. */
  gap(): { begin: number; end: number } | null {
    let begin = Math.max(this.min, this.#floor);
    while (begin <= this.max && this.#has(begin)) begin++;
    if (begin > this.max) return null;
    let end = begin;
    while (end < this.max && !this.#has(end + 1)) end++;
    return { begin, end };
  }

  #has(seq: number): boolean {
    return this.messages.has(seq) || this.deleted.has(seq);
  }

  /** Records a pull's answer: messages of the run before its first seq do not exist for the user. */
  pulled(end: number, first: number | undefined): void {
    this.#floor = Math.max(this.#floor, first ?? end + 1);
  }

  unread(): number {
    let count = 0;
    for (const { seq, msg_type, amended } of this.messages.values()) {
      if (seq > this.read && msg_type < FIRST_NOTICE && !amended?.recalled_at) count++;
    }
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

  /** What an app starts with that has this in its history: all of it, or what is not damaged. [HIST-3] */
  restored(random: Random): Replica {
    const damage = random.pick([0, 0, 0.3]);
    return random.chance(damage) ? new Replica() : this.copy(() => !random.chance(damage));
  }

  copy(isKept = () => true): Replica {
    const copy = Object.assign(new Replica(), { cursor: this.cursor });
    for (const [id, shelf] of this.shelves) copy.shelves.set(id, shelf.copy(isKept));
    for (const id of this.gone) copy.gone.add(id);
    return copy;
  }

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
