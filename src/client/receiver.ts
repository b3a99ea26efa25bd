import type { PushData } from "../protocol/frame-answers.ts";
import { Push } from "../protocol/frames.ts";
import { isCountable } from "../protocol/model.ts";
import type { TypedPush } from "./connection/frame-fields.ts";
import type { ConversationList } from "./conversations/conversations.ts";
import type { Step, Sync } from "./conversations/sync.ts";
import type { UnreadCounts } from "./conversations/unread-counts.ts";
import type { MemberBook } from "./groups/members.ts";
import type { Keeper } from "./history/keeper.ts";
import type { Conversation, Message } from "./messages/content.ts";
import type { MessageStore } from "./messages/message-store.ts";
import type { PresenceBook } from "./presence/presence.ts";
import type { Typing } from "./presence/typing.ts";
import type { UserCard, UserCards } from "./users/users.ts";

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
      const { msgs, ...step } = data;
      this.messages(Object.values(msgs).flat(), step);
    } else if (push === Push.READ) {
      this.#read(data);
    } else if (push === Push.CONVERSATION) {
      const { conversation, ...step } = data;
      this.#parts.sync.frame(step, () => this.listed([conversation]));
    } else if (push === Push.TYPING) {
      this.#parts.typing.pushed(data);
    } else if (push === Push.PRESENCE) {
      this.#parts.presence.pushed(data.items);
    } else if (push === Push.RESYNC) {
      this.#parts.sync.reset();
    }
  }

  /** Takes new messages, from pushes or answers. */
  messages(messages: readonly Message[], step: Step): void {
    const { book, list, sync, counts, userId } = this.#parts;
    book.take(messages);
    this.#parts.keeper.take(messages);
    // The sender has stopped typing.
    for (const { conversation_id, sender_id } of messages) this.#parts.typing.ended(conversation_id, sender_id);
    for (const message of messages) this.#noticed(message);
    sync.frame(step, () => {
      // Done again: messages that arrived before the first list could not be placed then.
      book.take(messages);
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
    for (const id of list.put(conversations)) counts.ask(id);
  }

  #noticed({ group_id, msg_type, seq }: Message): void {
    if (!isCountable(msg_type)) this.#parts.members.noticed(group_id, seq);
  }

  /** The user's own read mark has moved, here or on another device. */
  ownRead(conversationId: string, readSeq: number): void {
    const { list, counts } = this.#parts;
    if (!list.read(conversationId, readSeq)) counts.ask(conversationId);
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
