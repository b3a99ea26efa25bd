import { Code, NexoError } from "../../protocol/codes.ts";
import { type ConversationRef, parseConversationId } from "../../protocol/ids.ts";
import { Role } from "../../protocol/model.ts";
import { isActive } from "../member.ts";
import { Access } from "./access.ts";
import { metaOf } from "./amended.ts";
import { Amendments, type Replaced } from "./amendments.ts";
import { Imports } from "./imports.ts";
import { Marks } from "./marks.ts";
import type { StoredMessage } from "./message.ts";
import { Messages, type MessagesOptions } from "./messages.ts";
import { Revisions } from "./revisions.ts";
import { Room } from "./room.ts";
import { type MessageHooks, Sends } from "./sends.ts";
import { Sight } from "./sight.ts";
import type { ConversationStore } from "./store.ts";

export interface ConversationStateOptions extends Omit<MessagesOptions, "ref"> {
  readonly maxMembers: number;
  /** A group with more members than this becomes large. */
  readonly largeGroup: number;
  /** The users whom a message concerns more than others, for example by mentioning them. */
  readonly named: (message: StoredMessage) => readonly string[];
  /** Runs work in a transaction: either all of its writes are kept, or none. */
  readonly transaction: <T>(work: () => T) => T;
  /** What features have to do with new messages. */
  readonly hooks?: MessageHooks;
  /** The content of a message was replaced or taken away. Called within the transaction. */
  readonly replaced?: (replaced: Replaced) => void;
}

/**
 * What a conversation's state consists of, each part with what it needs of the others. They change together, in one
 * transaction, and are read together from storage.
 */
export class StateParts {
  readonly ref: ConversationRef;
  readonly #options: ConversationStateOptions;
  readonly #store: ConversationStore;
  readonly room: Room;
  readonly sends: Sends;
  readonly messages: Messages;
  readonly marks: Marks;
  readonly revisions: Revisions;
  readonly amendments: Amendments;
  readonly sight: Sight;
  readonly access: Access;
  readonly imports: Imports;

  /** @throws NexoError CONVERSATION_NOT_FOUND for a text that is not a conversation id. */
  constructor(store: ConversationStore, options: ConversationStateOptions) {
    const ref = parseConversationId(options.conversationId);
    if (!ref) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    this.ref = ref;
    this.#store = store;
    this.#options = options;
    this.messages = new Messages(store, { ...options, ref });
    this.marks = new Marks(store.sql, store.migrator);
    this.revisions = new Revisions(store.sql, store.migrator);
    const logs = { store, messages: this.messages, marks: this.marks, revisions: this.revisions };
    this.amendments = new Amendments({
      ...logs,
      now: options.now,
      replaced: (replaced) => options.replaced?.(replaced),
      isPreview: (seq) => this.sight.isPreview(seq, this.room.members.active.values()),
      // The change takes the next rev.
      mentioned: (userId) => this.room.concerned.amended.set(userId, this.amendments.rev + 1),
      named: (message) => this.named(message),
      ownChange: (member, rev) => this.room.ownChange(member, rev),
      notice: (userId, type, content) => this.sends.notice(userId, type, content),
    });
    this.room = new Room({ ...options, ...logs, ref, amendments: this.amendments });
    this.sight = new Sight({ ...logs, amendments: this.amendments });
    this.access = new Access(ref, this.room, options.now);
    this.sends = new Sends({
      ...logs,
      members: this.room.members,
      isGroup: ref.type === 2,
      hooks: options.hooks,
      appended: (message) => this.#concerns(message),
      unreadBySender: (userId) => this.room.concerned.named.set(userId, this.messages.seq),
      isBorn: () => this.room.row !== undefined,
      permit: (userId) => this.access.permitSend(userId),
      mayMentionAll: (userId) => this.access.permit("mention_all", userId),
      slowWait: (userId) => (this.access.isSlowed(userId) ? this.room.switches.slowWait(userId, options.now()) : 0),
      slowed: (userId, at) => {
        if (this.access.isSlowed(userId)) this.room.switches.sent(userId, at);
      },
      sent: (userId) => this.room.nowKnown(userId),
      found: (userId) => this.foundChat(userId),
    });
    this.imports = new Imports({ ...logs, sends: this.sends });
    this.#load();
  }

  /** The users whom a stored message names or, in a large group, replies to. */
  named(message: StoredMessage): readonly string[] {
    const { isLarge } = this.room.large;
    const author = isLarge ? this.messages.authorOf(metaOf(message)?.reply_to ?? 0) : undefined;
    const named = this.#options.named(message);
    return author === undefined ? named : [...named, author];
  }

  /** Creates a single chat. */
  foundChat(creatorId: string): void {
    this.room.found(this.ref.type === 1 ? this.ref.users : [], creatorId, () => Role.MEMBER);
  }

  /** Runs a change in a transaction. If it fails, the parts are read again from storage, which has nothing of it. */
  change<T>(work: () => T): T {
    const { all } = this.room.concerned;
    try {
      return this.#options.transaction(() => {
        const result = work();
        this.room.keepLarge();
        return result;
      });
    } catch (error) {
      this.#store.migrator.reset();
      this.room.concerned.all = all;
      this.#load();
      throw error;
    }
  }

  #concerns(message: StoredMessage): void {
    for (const userId of this.named(message)) {
      if (isActive(this.room.members.get(userId))) this.room.concerned.named.set(userId, message.seq);
    }
  }

  #load(): void {
    const rev = this.room.load();
    this.imports.load();
    if (!this.room.row) {
      this.messages.clear();
      this.amendments.clear();
      return;
    }
    const { told_seq, told_rev } = this.room.row;
    this.messages.load();
    this.amendments.load(rev, told_rev);
    if (this.messages.seq > told_seq) this.room.members.loadReads(told_seq, this.marks.isBorn);
  }
}
