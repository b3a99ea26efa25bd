import { CLIENT_LIMITS } from "../../protocol/client-limits.ts";
import { type GoneConversation, isCountable, NoticeType, type ReadState } from "../../protocol/model.ts";
import { isRecalled, newer as newerMessage } from "../messages/amended.ts";
import type { AppTypes, Conversation, Message } from "../messages/content.ts";
import type { Changes } from "../messages/revisions.ts";
import { Rows } from "../rows.ts";
import { isSame } from "../same.ts";
import { LazyView, type View } from "../view.ts";
import { type Lack, newest, revOf } from "./newest.ts";

/** The user's conversations, for display. */
export interface ConversationsSnapshot<T extends AppTypes = AppTypes> {
  /** Pinned first, then newest first. */
  readonly conversations: readonly Conversation<T>[];
  /** Unread totals of conversations that alert, and of those set to no alert; refused and archived ones count in neither. */
  readonly unread_count: number;
  readonly muted_unread_count: number;
  /** False until the list has been read for the first time, or the list of an earlier run is shown. */
  readonly is_ready: boolean;
}

/**
 * The list of conversations. Every change is a statement about seqs, so a change that arrives twice, or by two
 * sockets, has no effect the second time.
 */
export class ConversationList {
  readonly #conversations = new Map<string, Conversation>();
  readonly #view = new LazyView(() => this.#snapshot());
  /** A separate view for each conversation; null while it is not listed. */
  readonly rows = new Rows((id) => this.#conversations.get(id));
  readonly #onChange: () => void;
  /** The server's time. */
  readonly #now: () => number;
  /** The conversations whose counts do not fit their seqs and revs. The server's row makes them exact again. */
  readonly #inexact = new Set<string>();
  /** How often the server's row of each conversation was taken, or its end. */
  readonly #versions = new Map<string, number>();
  /** The conversations of an earlier run, until their current state is known. */
  readonly #restored = new Set<string>();
  #isRestored = false;
  #isReady = false;

  constructor(onChange: () => void = () => undefined, now: () => number = Date.now) {
    this.#onChange = onChange;
    this.#now = now;
  }

  get view(): View<ConversationsSnapshot> {
    return this.#view;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get(conversationId: string): Conversation | undefined {
    return this.#conversations.get(conversationId);
  }

  all(): Conversation[] {
    return [...this.#conversations.values()];
  }

  ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#view.changed();
  }

  /** Shows the list that an earlier run stored. */
  restore(conversations: readonly Conversation[]): void {
    for (const conversation of conversations) this.#restored.add(conversation.conversation_id);
    this.#isRestored = true;
    this.put(conversations.filter(({ conversation_id }) => !this.#conversations.has(conversation_id)));
    this.#view.changed();
  }

  /** The current state of the conversations of an earlier run is known. */
  synced(): void {
    this.#restored.clear();
  }

  /** Whether a conversation is as an earlier run left it, and no sync has completed since. */
  isRestored(conversationId: string): boolean {
    return this.#restored.has(conversationId);
  }

  /** Changes when a row of the conversation is taken. A row that was requested before may then be an older one. */
  version(conversationId: string): number {
    return this.#versions.get(conversationId) ?? 0;
  }

  /** Takes conversations as the server lists them. @returns those whose counts have to be requested */
  put(conversations: readonly (Conversation | GoneConversation)[]): Map<string, Lack> {
    const lacks = new Map<string, Lack>();
    const changed: string[] = [];
    for (const conversation of conversations) {
      const id = conversation.conversation_id;
      const before = this.#conversations.get(id);
      this.#renew(id);
      if ("gone" in conversation) this.#conversations.delete(id);
      else if (!before) this.#conversations.set(id, conversation);
      else {
        const { lack, ...both } = newest(before, conversation, !this.#inexact.has(id));
        // A row keeps its object until it changes.
        if (!isSame(before, both)) this.#conversations.set(id, both);
        if (lack) lacks.set(id, lack);
      }
      if (lacks.has(id)) this.#inexact.add(id);
      else this.#inexact.delete(id);
      if (this.#conversations.get(id) !== before) changed.push(id);
    }
    this.#changed(changed);
    return lacks;
  }

  /** @returns the conversations that this removes */
  keepOnly(conversationIds: ReadonlySet<string>): string[] {
    const gone = [...this.#conversations.keys()].filter((id) => !conversationIds.has(id));
    for (const id of gone) {
      this.#renew(id);
      this.#conversations.delete(id);
      this.#inexact.delete(id);
    }
    this.#changed(gone);
    return gone;
  }

  /**
   * Takes a message of one of the conversations.
   * @returns "unknown" if its conversation is not listed; "uncounted" if messages before it have not been seen, so
   *   that the unread count has to be requested.
   */
  message(message: Message, userId: string): "done" | "uncounted" | "unknown" {
    const before = this.#conversations.get(message.conversation_id);
    if (!before) return "unknown";
    const isOwn = message.sender_id === userId;
    // A sender has read all earlier messages; a member who quits can no longer read. [READ-2]
    const hasRead = isOwn && message.msg_type !== NoticeType.QUIT;
    if (hasRead) this.read(message.conversation_id, message.seq);
    if (message.seq <= before.max_seq) return "done";
    const after = this.#conversations.get(message.conversation_id) ?? before;
    this.#set({
      ...after,
      ...(hasRead ? READ : counted(after, message, userId)),
      max_seq: message.seq,
      last_message: message,
      updated_at: message.send_at,
      peer_read_seq: before.conversation_type === 1 && !isOwn ? message.seq : after.peer_read_seq,
    });
    if (message.seq <= before.max_seq + 1 || hasRead) return "done";
    this.#inexact.add(message.conversation_id);
    return "uncounted";
  }

  /** The user's own mark moved. @returns which of the row's counts are no longer exact, and have to be requested */
  read(conversationId: string, readSeq: number): Lack | null {
    const before = this.#conversations.get(conversationId);
    if (!before || readSeq <= before.read_seq) return null;
    const unread_count = Math.min(before.unread_count, Math.max(before.max_seq - readSeq, 0));
    const mention_count = Math.min(before.mention_count, unread_count);
    const mention_seq = mention_count === 0 ? 0 : before.mention_seq;
    this.#set({ ...before, read_seq: readSeq, unread_count, mention_count, mention_seq, is_unread: false });
    if (unread_count === 0) return null;
    this.#inexact.add(conversationId);
    return mention_count > 0 && mention_seq <= readSeq ? "whole" : "unread";
  }

  /**
   * Messages of a conversation were changed or deleted.
   * @param isTold whether the user's inbox was told: a list from before it is then out of date
   * @returns whether the whole row has to be requested, as its counts or its last message may have changed
   */
  amended(conversationId: string, { messages, deleted, rev }: Changes, isTold: boolean): boolean {
    const before = this.#conversations.get(conversationId);
    if (!before) return false;
    const { last_message, read_seq } = before;
    const next = messages.find(({ seq }) => seq === last_message?.seq);
    const newestState = last_message && next ? newerMessage(last_message, next) : last_message;
    const after = { ...before, last_message: newestState, rev: isTold ? Math.max(revOf(before), rev) : revOf(before) };
    if (!isSame(before, after)) this.#set(after);
    const isOut = deleted.some((seq) => seq > read_seq || seq === last_message?.seq);
    const isEmpty = messages.length + deleted.length === 0;
    const mayCount = isEmpty || isOut || messages.some((message) => message.seq > read_seq && isLoud(message));
    if (!isTold || !mayCount) return false;
    // The row has the new rev already, but not yet its counts.
    this.#inexact.add(conversationId);
    return true;
  }

  /** Takes the server's exact count. @returns false if it is from another time than the list */
  state(conversationId: string, { max_seq, read_seq, unread_count, rev = 0 }: ReadState): boolean {
    const before = this.#conversations.get(conversationId);
    if (!before) return true;
    if (max_seq !== before.max_seq || read_seq < before.read_seq || rev < revOf(before)) return false;
    if (read_seq !== before.read_seq || unread_count !== before.unread_count) {
      this.#set({ ...before, read_seq, unread_count });
    }
    return true;
  }

  peerRead(conversationId: string, readSeq: number): void {
    const before = this.#conversations.get(conversationId);
    if (before && readSeq > before.peer_read_seq) this.#set({ ...before, peer_read_seq: readSeq });
  }

  #renew(conversationId: string): void {
    this.#versions.set(conversationId, this.version(conversationId) + 1);
  }

  #set(conversation: Conversation): void {
    this.#conversations.set(conversation.conversation_id, conversation);
    this.#changed([conversation.conversation_id]);
  }

  #changed(conversationIds: readonly string[]): void {
    if (conversationIds.length === 0) return;
    this.#onChange();
    this.#view.changed();
    for (const id of conversationIds) this.rows.changed(id);
  }

  #snapshot(): ConversationsSnapshot {
    const conversations = [...this.#conversations.values()].sort(inOrder);
    const totals = { loud: 0, quiet: 0 };
    for (const { recv_msg_opt, unread_count, is_archived, snooze_until = 0 } of conversations) {
      if (is_archived || recv_msg_opt === 2) continue;
      totals[recv_msg_opt === 1 || snooze_until > this.#now() ? "quiet" : "loud"] += unread_count;
    }
    return Object.freeze({
      conversations: Object.freeze(conversations),
      unread_count: totals.loud,
      muted_unread_count: totals.quiet,
      is_ready: this.#isReady || this.#isRestored,
    });
  }
}

function inOrder(a: Conversation, b: Conversation): number {
  return (
    Number(b.is_pinned) - Number(a.is_pinned) ||
    b.updated_at - a.updated_at ||
    (a.conversation_id < b.conversation_id ? -1 : 1)
  );
}

const READ = { unread_count: 0, mention_count: 0, mention_seq: 0 };

/** The counts of a row with one more message. */
function counted(
  { unread_count, mention_count, mention_seq }: Conversation,
  message: Message,
  me: string,
): typeof READ {
  const isUnread = isCountable(message.msg_type) && !isRecalled(message);
  const isMention = isUnread && mentions(message, me);
  return {
    unread_count: unread_count + Number(isUnread),
    mention_count: Math.min(mention_count + Number(isMention), CLIENT_LIMITS.countedMentions),
    mention_seq: mention_seq || (isMention ? message.seq : 0),
  };
}

/** Whether a message of another user mentions this one. */
function mentions({ meta, sender_id }: Message, userId: string): boolean {
  return sender_id !== userId && !!meta && (meta.mention_all || meta.mentions.includes(userId));
}

/** Whether a change of this message may have changed unread counts or mentions. */
function isLoud({ amended }: Message): boolean {
  return !!amended && (amended.recalled_at > 0 || amended.edited_at > 0);
}
