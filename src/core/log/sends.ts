import { Code } from "../../protocol/codes.ts";
import type { Millis } from "../../protocol/model.ts";
import { byteLength } from "../../protocol/text.ts";
import type { AppendCall, AppendOutcome, AppendReply, NewMessage } from "../calls.ts";
import { isActive } from "../member.ts";
import { mentionedBy } from "./amendments.ts";
import type { Marks } from "./marks.ts";
import type { Members } from "./members.ts";
import type { StoredMessage } from "./message.ts";
import type { Messages } from "./messages.ts";
import { accepted, refused } from "./outcomes.ts";
import type { ConversationStore } from "./store.ts";

/** Hooks of features for new messages. They run in the turn of the message and wait for nothing. */
export interface MessageHooks {
  /** Why a send may not be stored, in the words of its answer; null if it may. A retry is never asked about. */
  readonly refusal: (senderId: string, send: NewMessage) => string | null;
  /** A message was stored, in this transaction. */
  readonly stored: (message: StoredMessage) => void;
}

export interface SendsParts {
  readonly store: ConversationStore;
  readonly messages: Messages;
  readonly members: Members;
  readonly marks: Marks;
  readonly hooks: MessageHooks | undefined;
  /** A message was stored, in this transaction. */
  readonly appended: (message: StoredMessage) => void;
  /** A member has not read the newest message, which was sent in their name. */
  readonly unreadBySender: (userId: string) => void;
  readonly isGroup: boolean;
  readonly isBorn: () => boolean;
  /** The code for a send by this user. */
  readonly permit: (userId: string) => Code;
  /** The code for mentioning everyone. */
  readonly mayMentionAll: (userId: string) => Code;
  /** The seconds that slow mode makes this user wait; 0 for none. */
  readonly slowWait: (userId: string) => number;
  /** A user has sent a message, from which slow mode counts. */
  readonly slowed: (userId: string, at: Millis) => void;
  /** A user has sent something. */
  readonly sent: (userId: string) => void;
  /** Creates a single chat. */
  readonly found: (userId: string) => void;
}

/** Gives sends their seqs. Everything runs in the transaction of the caller. */
export class Sends {
  readonly #parts: SendsParts;

  constructor(parts: SendsParts) {
    this.#parts = parts;
  }

  /**
   * Assigns seqs to sends. Known client_msg_ids get their first answer again; the other sends are checked in the
   * contract's order. [SEND-1 SEND-2 SEND-3]
   */
  append(calls: readonly AppendCall[]): Omit<AppendReply, "tell">[] {
    const { isBorn, messages } = this.#parts;
    const full = isBorn() && messages.isFull;
    return calls.map((call) => this.#appendOne(call, full));
  }

  #appendOne(call: AppendCall, full: boolean): Omit<AppendReply, "tell"> {
    const { isBorn, isGroup, found } = this.#parts;
    // A first message that the rate limit refuses must not create a chat: no chat exists without a message. [SEND-7]
    const founded = !isBorn() && !isGroup && call.founding && this.#isAnyNew(call);
    if (founded) found(call.user_id);
    let spent = 0;
    const outcomes = call.sends.map((send): AppendOutcome => {
      const refusal = this.#refusal(call, send, { spent, full });
      // Most sends are new, so the insert is tried first: the unique index detects a send that is not new.
      const appended = refusal ? null : this.write(call.user_id, send);
      if (appended) {
        spent++;
        this.#parts.slowed(call.user_id, appended.send_at);
      }
      return appended ?? this.#known(call.user_id, send) ?? refusal ?? refused(Code.INTERNAL);
    });
    if (spent > 0) this.#parts.sent(call.user_id);
    return { outcomes, spent, founded };
  }

  /** Appends a notice of the user who causes it. */
  notice(userId: string, type: number, content: Readonly<Record<string, unknown>>): void {
    this.write(userId, { client_msg_id: "", msg_type: type, content: JSON.stringify(content) });
  }

  /** The first answer to a retry, with the message as it now stands. [SEND-3] */
  #known(senderId: string, send: NewMessage): AppendOutcome | undefined {
    const { isBorn, store, messages } = this.#parts;
    const known = isBorn() ? store.messageByClientId(senderId, send.client_msg_id) : undefined;
    return known && accepted(known, messages.line(known));
  }

  /** Whether a chat that this call creates would have a message. */
  #isAnyNew({ user_id, sends, allowance }: AppendCall): boolean {
    return allowance > 0 && sends.some((send) => this.#unfit(user_id, send) === null && send.denied === undefined);
  }

  #unfit(userId: string, send: NewMessage): string | null {
    return this.#parts.hooks?.refusal(userId, send) ?? null;
  }

  #refusal(
    call: AppendCall,
    send: NewMessage,
    { spent, full }: { readonly spent: number; readonly full: boolean },
  ): (AppendOutcome & { ok: false }) | null {
    const unfit = this.#unfit(call.user_id, send);
    if (unfit !== null) return refused(Code.INVALID_PARAMETER, unfit);
    const { isBorn, isGroup } = this.#parts;
    if (!isBorn()) {
      if (isGroup) return refused(Code.GROUP_NOT_FOUND);
      if (send.denied !== undefined) return refused(Code.REFUSED_BY_APP, send.denied);
      return refused(Code.TOO_MANY_REQUESTS, "too many strangers, try again later", call.retry_after);
    }
    const code = this.#permit(call.user_id, send);
    if (code !== Code.OK) return refused(code);
    const wait = this.#parts.slowWait(call.user_id);
    if (wait > 0) return refused(Code.NOT_ALLOWED, `slow mode: the next message in ${wait} s`, wait);
    if (spent >= call.allowance) return refused(Code.TOO_MANY_REQUESTS, undefined, call.retry_after);
    if (send.denied !== undefined) return refused(Code.REFUSED_BY_APP, send.denied);
    if (full) {
      return refused(Code.TOO_LARGE, "the conversation is full: no more messages fit, reading goes on");
    }
    return null;
  }

  /** Not everyone may mention everyone in a group; that right comes before a mute. [ROLE-2] */
  #permit(userId: string, send: NewMessage): Code {
    const code = this.#parts.permit(userId);
    if (!send.meta?.mention_all || !this.#parts.isGroup || (code !== Code.OK && code !== Code.MUTED)) return code;
    const right = this.#parts.mayMentionAll(userId);
    return right === Code.OK ? code : right;
  }

  /** @param sentAt when it was sent elsewhere. @returns null if the client_msg_id is already known */
  write(senderId: string, send: NewMessage, sentAt?: Millis): (AppendOutcome & { ok: true }) | null {
    const { messages, members, marks, hooks, appended: noted } = this.#parts;
    const appended = messages.append(senderId, { ...send, meta: this.#metaOf(send) }, sentAt);
    if (!appended) return null;
    noted(appended.message);
    // A sender has read up to its own message. [READ-2]
    const read = { read_seq: appended.message.seq, read_count: appended.message.countable };
    if (send.sender_read === false) this.#leaveUnread(senderId, appended.message.seq);
    else members.sent(senderId, read, byteLength(send.content));
    if (appended.message.meta) this.#mention(appended.message, marks);
    hooks?.stored(appended.message);
    return accepted(appended.message, appended.line);
  }

  /** Stored, because a waking conversation takes the marks of senders from their messages. */
  #leaveUnread(senderId: string, seq: number): void {
    const { members, marks, unreadBySender } = this.#parts;
    if (!isActive(members.get(senderId))) return;
    marks.put("unread", seq, 0, senderId);
    unreadBySender(senderId);
  }

  /** Mentions of users who are not active members are dropped: they would learn of the group. [OPS-7] */
  #metaOf({ meta }: NewMessage): NewMessage["meta"] {
    if (!meta) return undefined;
    const mentions = meta.mentions?.filter((userId) => isActive(this.#parts.members.get(userId)));
    return { ...meta, mentions, mention_all: (meta.mention_all ?? false) && this.#parts.isGroup };
  }

  #mention(message: StoredMessage, marks: Marks): void {
    for (const userId of mentionedBy(message)) marks.put("mention", message.seq, 0, userId);
  }
}
