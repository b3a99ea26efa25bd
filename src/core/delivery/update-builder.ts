import { peerOf } from "../../protocol/ids.ts";
import { KINDS } from "../../protocol/kinds.ts";
import { type Card, type Message, type Millis, Role } from "../../protocol/model.ts";
import { byteLength } from "../../protocol/text.ts";
import { forPreview } from "../log/message.ts";
import type { Own } from "../log/own.ts";
import { newest, type RecentMessage, UPDATE_LIMITS } from "../log/recent-messages.ts";
import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import { isActive, type Member, mutedUntil } from "../member.ts";
import { covers, isSame, NOTHING_KNOWN, type ReportedVersion, type Version, versionOf } from "../version.ts";
import { encodeHeader, encodeRelay, encodeTail, type UpdateHeader } from "./update.ts";

/** An update as text, and the header that it begins with. */
export interface Encoded {
  readonly header: UpdateHeader;
  readonly text: string;
}

/** What one push of changed messages to a user's socket carries at most. */
const PUSH_LIMITS = { messages: 20, bytes: 65_536, deletions: 100 };

/** How many tails, and texts of each tail, are kept for members with the same state. [MEM-1] */
const KEPT = 16;

/** What all members with the same mark get: preview and messages, with which the text of their updates ends. */
interface Tail {
  readonly from: number;
  readonly isOfMembers: boolean;
  readonly renamed: boolean;
  readonly updatedAt: Millis | undefined;
  readonly lines: readonly string[];
  /** The newest message that replies to each user. */
  readonly replies: ReadonlyMap<string, number>;
  readonly text: string;
  /** Whole updates by their headers. */
  readonly updates: Map<string, string>;
  relay: string | undefined;
}

/** Builds the updates that tell an inbox what it does not know yet about a conversation. */
export class UpdateBuilder {
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;
  readonly #card: () => Card | undefined;
  readonly #own: Own;
  #preview: { readonly seq: number; readonly rev: number; readonly line: string; readonly send_at: Millis } | undefined;
  #changed: { readonly key: string; readonly found: readonly RecentMessage[] | null } | undefined;
  /** The tails as of a version, by their range of messages. */
  readonly #tails = new Map<string, Tail>();
  #tailsOf: Version = NOTHING_KNOWN;

  /** @param card the group's name and picture, if they are known. */
  constructor(conversation: ConversationState, store: ConversationStore, own: Own, card: () => Card | undefined) {
    this.#conversation = conversation;
    this.#store = store;
    this.#own = own;
    this.#card = card;
  }

  /**
   * Everything about the conversation that is new to an inbox with this mark; null if nothing is. [TELL-1]
   * Members with the same state get the same string, so that 500 updates do not need 500 texts.
   * Messages that were imported are not pushed, so it carries none: clients find them by their next sync.
   * @param from the first message that it carries; others of the update were relayed
   */
  update(member: Member, reported: ReportedVersion, from = reported.seq + 1): Encoded | null {
    const mark = versionOf(reported, this.#conversation.version);
    const target = this.#conversation.target(member);
    if (covers(mark, target)) return null;
    const previewSeq = this.#conversation.sight.previewSeq(member);
    const first = Math.max(from, member.min_seq, this.#conversation.imports.seq + 1);
    // Former members may not see what changed since they left. [OPS-6]
    const isOutdated = !isActive(member) && this.#conversation.version.rev > member.end_rev;
    const tail = isOutdated
      ? this.#tailAsSeen(member, first, target.seq, previewSeq)
      : this.#tail(first, target.seq, previewSeq);
    const header = this.#header(member, mark, target, tail);
    const encoded = encodeHeader(header);
    let text = tail.updates.get(encoded);
    if (text === undefined) {
      text = `${encoded}\n${tail.text}`;
      keep(tail.updates, encoded, text);
    }
    return { header, text };
  }

  #header(member: Member, mark: Version, target: Version, tail: Tail): UpdateHeader {
    const conversation = this.#conversation;
    const mentions = conversation.sight.mentions(member);
    return {
      conversation_id: conversation.conversationId,
      seq: target.seq,
      ver: conversation.version.ver,
      rev: conversation.sight.rev(member),
      changed: mark.rev < target.rev ? this.#changedSince(member, mark) : undefined,
      from: tail.from,
      min_seq: member.min_seq,
      read_seq: member.read_seq,
      peer_read_seq: this.#peerRead(member),
      unread: conversation.sight.unread(member),
      mention_count: mentions.count,
      mention_seq: mentions.first,
      role: member.role,
      status: member.status,
      dismissed: conversation.room.isDismissedFor(member),
      muted_until: mutedUntil(member, conversation.room.row?.muted_until ?? 0),
      application_count:
        (isActive(member) && member.role > Role.MEMBER && conversation.room.switches.waiting) || undefined,
      updated_at: tail.updatedAt ?? member.joined_at,
      card: mark.ver < target.ver || tail.isOfMembers ? this.#card() : undefined,
      imported_seq: importedAfter(conversation, mark.seq),
      reply_seq: tail.replies.get(member.user_id),
      own_unread: conversation.marks.unreadOwn(member.user_id, Math.max(mark.seq, member.read_seq)) || undefined,
      sent_bytes: member.sent_bytes,
      large: conversation.isLarge || undefined,
      renamed: tail.renamed,
    };
  }

  /** How far the peer of a single chat has read, also one whose account was erased. */
  #peerRead({ user_id }: Member): number {
    const { ref } = this.#conversation;
    return ref.type === 1 ? (this.#conversation.member(peerOf(ref, user_id))?.read_seq ?? 0) : 0;
  }

  /** Messages for the sockets of users who attend, as text. All members who lack the same get the same string. */
  relay(from: number, to: number): string {
    const tail = this.#tail(from, to, to >= from ? to : 0);
    tail.relay ??= encodeRelay({
      conversation_id: this.#conversation.conversationId,
      from: tail.from,
      seq: to,
      rev: this.#conversation.version.rev,
      lines: tail.lines,
    });
    return tail.relay;
  }

  /** @param previewSeq the message that the list shows as the last one; 0 for none */
  #tail(from: number, to: number, previewSeq: number): Tail {
    if (!isSame(this.#tailsOf, this.#conversation.version)) this.#tails.clear();
    this.#tailsOf = this.#conversation.version;
    const key = `${from} ${to} ${previewSeq}`;
    const known = this.#tails.get(key);
    if (known) return known;
    const tail = this.#newTail(this.messages(from, to), previewSeq > 0 ? this.#previewOf(previewSeq) : undefined, to);
    keep(this.#tails, key, tail);
    return tail;
  }

  /** The tail with messages as a former member sees them. Few ask for it, so it is not kept. */
  #tailAsSeen(member: Member, from: number, to: number, previewSeq: number): Tail {
    const { sight, messages } = this.#conversation;
    const stored = this.#store.messages(Math.max(from, to - UPDATE_LIMITS.messages + 1), to);
    const seen = sight.asSeen(member, stored).map((message) => ({ ...message, line: messages.line(message) }));
    const preview = this.#store.message(previewSeq);
    const [last] = sight.asSeen(member, preview ? [preview] : []);
    return this.#newTail(newest(seen), last && { ...last, line: messages.line(forPreview(last)) }, to);
  }

  #newTail(
    messages: readonly RecentMessage[],
    last: { readonly line: string; readonly send_at: Millis } | undefined,
    to: number,
  ): Tail {
    const lines = messages.map(({ line }) => line);
    return {
      from: messages[0]?.seq ?? to + 1,
      lines,
      replies: this.#repliesAmong(messages),
      isOfMembers: messages.some(({ msg_type }) => !KINDS.get(msg_type)?.isCountable),
      renamed: messages.some(({ msg_type }) => KINDS.get(msg_type)?.renamesGroup ?? false),
      updatedAt: last?.send_at,
      text: encodeTail(last?.line ?? "null", lines),
      updates: new Map(),
      relay: undefined,
    };
  }

  #repliesAmong(messages: readonly RecentMessage[]): ReadonlyMap<string, number> {
    const replies = new Map<string, number>();
    // Most messages reply to none, and are not parsed.
    for (const { seq, line } of messages.filter((message) => message.line.includes('"reply_to":'))) {
      const { meta }: Pick<Message, "meta"> = JSON.parse(line);
      const author = this.#conversation.messages.authorOf(meta?.reply_to ?? 0);
      if (author !== undefined) replies.set(author, seq);
    }
    return replies;
  }

  /** The update as text, for the answer to a call from the member's own inbox. */
  updateText(userId: string, mark: ReportedVersion, from?: number): string | null {
    const member = this.#conversation.member(userId);
    return (member && this.update(member, mark, from)?.text) ?? null;
  }

  /** The newest messages of a range that fit into one update. [MEM-1] */
  messages(from: number, to = this.#conversation.version.seq): RecentMessage[] {
    if (from > to) return [];
    const remembered = this.#conversation.messages.recent.range(from, to);
    if (remembered) return remembered;
    const first = Math.max(from, to - UPDATE_LIMITS.messages + 1);
    const stored = this.#store.messages(first, to);
    return newest(stored.map((message) => ({ ...message, line: this.#conversation.messages.line(message) })));
  }

  /**
   * The messages that changed since an inbox's mark, for the push 2008. If they are many, it gets none, and its clients
   * ask for them. Quiet changes come along: the push says that nothing else has changed. Messages past the mark are among
   * them: the inbox may know more than its mark says, and then drops them where they come as new. [TELL-2]
   */
  #changedSince(member: Member, mark: Version): UpdateHeader["changed"] {
    const conversation = this.#conversation;
    const range = { from: member.min_seq, to: conversation.sight.max(member) };
    const rev = conversation.sight.rev(member);
    const deletions = conversation.sight.deletedSince(member, mark.rev).map(({ seq }) => seq);
    // Former members see messages as they stood when they left: their clients ask, unless only their own deletions are new.
    const changed = isActive(member) ? this.#changedIn(mark.rev) : deletions.length === rev - mark.rev ? [] : null;
    const visible = changed?.filter(({ seq }) => seq >= range.from && seq <= range.to);
    // Only among these: a member may have deleted very many. Without any, the range is empty.
    const seqs = visible?.map(({ seq }) => seq) ?? [];
    const gone = new Set(conversation.sight.deleted(member, Math.min(...seqs), Math.max(...seqs)));
    const seen = visible?.filter(({ seq }) => !gone.has(seq));
    if (!seen || deletions.length > PUSH_LIMITS.deletions) {
      return { since_rev: rev, lines: [], mine: "{}", deleted: deletions.slice(-PUSH_LIMITS.deletions) };
    }
    const mine = this.#own.mine(member.user_id, isActive(member) ? seen.map(({ seq }) => seq) : []);
    return { since_rev: mark.rev, lines: seen.map(({ line }) => line), mine, deleted: deletions };
  }

  /** The changed messages as JSON; null if they are too many. Cached: 500 inboxes ask for the same. */
  #changedIn(after: number): readonly RecentMessage[] | null {
    const { version, messages } = this.#conversation;
    const key = `${after}.${version.rev}`;
    if (this.#changed?.key !== key) {
      const limit = PUSH_LIMITS.messages + 1;
      const changed = this.#store.changedMessages(after, { from: 1, to: version.seq, limit });
      const found = changed.map((message) => ({ ...message, line: messages.line(message) }));
      const bytes = found.reduce((sum, { line }) => sum + byteLength(line), 0);
      const fits = found.length <= PUSH_LIMITS.messages && bytes <= PUSH_LIMITS.bytes;
      this.#changed = { key, found: fits ? found : null };
    }
    return this.#changed.found;
  }

  /** Caches the preview of one message: telling 500 members asks for the same preview 500 times. */
  #previewOf(seq: number): { line: string; send_at: Millis } | undefined {
    const { rev } = this.#conversation.version;
    if (this.#preview?.seq !== seq || this.#preview.rev !== rev) {
      const { newest } = this.#conversation.messages;
      const message = newest?.seq === seq ? newest : this.#store.message(seq);
      if (!message) return undefined;
      const line = this.#conversation.messages.line(forPreview(message));
      this.#preview = { seq, rev, line, send_at: message.send_at };
    }
    return this.#preview;
  }
}

/** The last message of another server, if it is after a seq. */
function importedAfter({ imports }: ConversationState, seq: number): number | undefined {
  const last = imports.seq;
  return last > seq ? last : undefined;
}

/** Keeps a value, and drops the oldest beyond the limit. */
function keep<T>(values: Map<string, T>, key: string, value: T): void {
  const [oldest] = values.keys();
  if (values.size >= KEPT && oldest !== undefined) values.delete(oldest);
  values.set(key, value);
}
