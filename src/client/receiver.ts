import type { OwnDataChange } from "../protocol/account-model.ts";
import type { PushData } from "../protocol/frame-answers.ts";
import { Push } from "../protocol/frames.ts";
import { isCountable } from "../protocol/model.ts";
import type { TypedPush } from "./connection/frame-fields.ts";
import type { ConversationList } from "./conversations/conversations.ts";
import type { Step, Sync } from "./conversations/sync.ts";
import type { UnreadCounts } from "./conversations/unread-counts.ts";
import type { MemberBook } from "./groups/members.ts";
import type { Keeper } from "./history/keeper.ts";
import { pushed } from "./messages/amended.ts";
import type { Conversation, Message } from "./messages/content.ts";
import type { MessageStore } from "./messages/message-store.ts";
import type { Changes } from "./messages/revisions.ts";
import type { PresenceBook } from "./presence/presence.ts";
import type { Typing } from "./presence/typing.ts";
import type { UserCard, UserCards } from "./users/users.ts";

const NO_CHANGES: Changes = { messages: [], deleted: [], rev: 0, has_more: false, reset: false };

export interface ReceiverParts {
  readonly list: ConversationList;
  readonly book: MessageStore;
  readonly sync: Sync;
  readonly typing: Typing;
  readonly presence: PresenceBook;
  readonly users: UserCards;
  readonly members: MemberBook;
  readonly userId: () => string;
  readonly counts: UnreadCounts;
  readonly keeper: Keeper;
  readonly ownData: (change: OwnDataChange) => void;
}

/**
 * Puts the data from the sockets into the messages and the list. Messages are added at once, since their seq gives
 * their place; the list is changed in the order of the chain of changes.
 */
export class Receiver {
  readonly #parts: ReceiverParts;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  pushed({ req_identifier: push, data }: TypedPush): void {
    if (push === Push.MESSAGES) {
      const { msgs, revs = {}, ...step } = data;
      this.messages(Object.values(msgs).flat(), step, revs);
    } else if (push === Push.CHANGED) {
      const { conversation_id, since_rev, prev, cursor, ...changes } = data;
      const whole = { ...changes, messages: pushed(changes), has_more: false, reset: false };
      this.#amended(conversation_id, since_rev, whole, { prev, cursor });
    } else if (push === Push.READ) {
      this.#read(data);
    } else if (push === Push.CONVERSATION) {
      const { conversation, ...step } = data;
      this.#parts.sync.frame(step, () => this.listed([conversation]));
    } else if (push === Push.TYPING) {
      this.#parts.typing.pushed(data);
    } else if (push === Push.PRESENCE) {
      this.#parts.presence.pushed(data.items);
    } else if (push === Push.OWN_DATA) {
      this.#parts.ownData(data);
    } else if (push === Push.RESYNC) {
      this.#parts.sync.reset();
    }
  }

  /** Takes a message of this user that the server has. @param rev the conversation's rev before it was sent */
  own(message: Message, rev: number, step: Step): void {
    this.messages([message], step, { [message.conversation_id]: rev });
  }

  /** Takes new messages, from pushes or answers. @param revs the rev of each conversation when it gave them */
  messages(messages: readonly Message[], step: Step, revs: Readonly<Record<string, number>>): void {
    const { book, list, sync, counts, keeper, userId } = this.#parts;
    book.take(messages, revs);
    for (const id of new Set(messages.map(({ conversation_id }) => conversation_id))) {
      const some = messages.filter(({ conversation_id }) => conversation_id === id);
      keeper.take(some, revs[id] ?? 0);
    }
    // The sender has stopped typing.
    for (const { conversation_id, sender_id } of messages) this.#parts.typing.ended(conversation_id, sender_id);
    for (const message of messages) this.#noticed(message);
    sync.frame(step, () => {
      // Done again: messages that arrived before the first list could not be placed then.
      book.take(messages, revs);
      const outcomes = messages.map((message) => [message, list.message(message, userId())] as const);
      for (const [{ conversation_id }, outcome] of outcomes) {
        if (outcome === "uncounted") counts.ask(conversation_id);
      }
      const isNew = outcomes.some(([, outcome]) => outcome === "unknown");
      if (isNew && step.cursor !== 0) sync.missed(step.prev);
    });
  }

  /** Takes conversations as the server lists them. */
  listed(conversations: Parameters<ConversationList["put"]>[0]): void {
    const { book, list, counts, users, keeper } = this.#parts;
    book.listed(conversations);
    for (const conversation of conversations) {
      const before = list.get(conversation.conversation_id);
      const isLeft = "gone" in conversation || conversation.min_seq > (before?.min_seq ?? conversation.min_seq);
      if (isLeft) keeper.forget(conversation.conversation_id);
    }
    const listed = conversations.flatMap((conversation) => ("gone" in conversation ? [] : conversation));
    users.take(listed.flatMap((conversation) => peerOf(conversation) ?? []));
    for (const { last_message } of listed) if (last_message) this.#noticed(last_message);
    for (const [id, lack] of list.put(conversations)) counts.ask(id, lack === "whole");
  }

  #noticed({ group_id, msg_type, seq }: Message): void {
    if (!isCountable(msg_type)) this.#parts.members.noticed(group_id, seq);
  }

  /** The user's own read mark has moved, here or on another device. */
  ownRead(conversationId: string, readSeq: number): void {
    const { list, counts } = this.#parts;
    const lack = list.read(conversationId, readSeq);
    if (lack) counts.ask(conversationId, lack === "whole");
  }

  /** Takes the server's answer to an operation of this user. */
  operated(conversationId: string, messages: readonly Message[], rev: number, step: Step): void {
    const { book, sync, keeper } = this.#parts;
    book.amend(conversationId, messages, rev);
    keeper.amended(conversationId, { ...NO_CHANGES, messages }, Number.POSITIVE_INFINITY);
    sync.frame(step, () => this.#listAmended(conversationId, { ...NO_CHANGES, messages, rev }, step));
  }

  #amended(conversationId: string, sinceRev: number, changes: Changes, step: Step): void {
    const { book, sync, keeper } = this.#parts;
    book.pushed(conversationId, changes, sinceRev);
    // Without the messages it only says that there are changes.
    if (changes.messages.length + changes.deleted.length > 0) keeper.amended(conversationId, changes, sinceRev);
    sync.frame(step, () => this.#listAmended(conversationId, changes, step));
  }

  #listAmended(conversationId: string, changes: Changes, { cursor }: Step): void {
    const { list, counts } = this.#parts;
    if (list.amended(conversationId, changes, cursor !== 0)) counts.ask(conversationId, true);
  }

  #read({ conversation_id, user_id, read_seq, ...step }: PushData<typeof Push.READ>): void {
    const { list, sync, userId } = this.#parts;
    sync.frame(step, () => {
      if (user_id === userId()) this.ownRead(conversation_id, read_seq);
      else list.peerRead(conversation_id, read_seq);
    });
  }
}

/** The peer's data in a single chat's row. */
function peerOf({ peer_user_id, title, avatar }: Conversation): UserCard | null {
  return peer_user_id === "" ? null : { user_id: peer_user_id, nickname: title, avatar };
}
