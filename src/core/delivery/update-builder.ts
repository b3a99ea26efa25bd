import { peerOf } from "../../protocol/ids.ts";
import { KINDS } from "../../protocol/kinds.ts";
import type { Card, Millis } from "../../protocol/model.ts";
import { forPreview } from "../log/message.ts";
import { newest, type RecentMessage, UPDATE_LIMITS } from "../log/recent-messages.ts";
import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import { type Member, mutedUntil, unreadCount } from "../member.ts";
import { covers, isSame, NOTHING_KNOWN, type Version } from "../version.ts";
import { encodeHeader, encodeRelay, encodeTail, type UpdateHeader } from "./update.ts";

/** An update as text, and the header that it begins with. */
export interface Encoded {
  readonly header: UpdateHeader;
  readonly text: string;
}

/** How many tails, and texts of each tail, are kept for members with the same state. [MEM-1] */
const KEPT = 16;

/** What all members with the same mark get: preview and messages, with which the text of their updates ends. */
interface Tail {
  readonly from: number;
  readonly isOfMembers: boolean;
  readonly renamed: boolean;
  readonly updatedAt: Millis | undefined;
  readonly lines: readonly string[];
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
  #preview: { readonly seq: number; readonly line: string; readonly send_at: Millis } | undefined;
  /** The tails as of a version, by their range of messages. */
  readonly #tails = new Map<string, Tail>();
  #tailsOf: Version = NOTHING_KNOWN;

  /** @param card the group's name and picture, if they are known. */
  constructor(conversation: ConversationState, store: ConversationStore, card: () => Card | undefined) {
    this.#conversation = conversation;
    this.#store = store;
    this.#card = card;
  }

  /**
   * Everything about the conversation that is new to an inbox with this mark; null if nothing is. [TELL-1]
   * Members with the same state get the same string, so that 500 updates do not need 500 texts.
   * @param from the first message that it carries; others of the update were relayed
   */
  update(member: Member, mark: Version, from = mark.seq + 1): Encoded | null {
    const target = this.#conversation.target(member);
    if (covers(mark, target)) return null;
    const tail = this.#tail(Math.max(from, member.min_seq), target.seq, member.min_seq);
    const header = this.#header(member, target.seq, tail, mark.ver < target.ver);
    const encoded = encodeHeader(header);
    let text = tail.updates.get(encoded);
    if (text === undefined) {
      text = `${encoded}\n${tail.text}`;
      keep(tail.updates, encoded, text);
    }
    return { header, text };
  }

  #header(member: Member, seq: number, tail: Tail, isChanged: boolean): UpdateHeader {
    const conversation = this.#conversation;
    return {
      conversation_id: conversation.conversationId,
      seq,
      ver: conversation.version.ver,
      from: tail.from,
      min_seq: member.min_seq,
      read_seq: member.read_seq,
      peer_read_seq: conversation.activeMembers.get(peerOf(conversation.ref, member.user_id))?.read_seq ?? 0,
      unread: unreadCount(member, conversation.version.seq, (at) => conversation.countableAt(at)),
      role: member.role,
      status: member.status,
      dismissed: conversation.isDismissedFor(member),
      muted_until: mutedUntil(member, conversation.row?.muted_until ?? 0),
      updated_at: tail.updatedAt ?? member.joined_at,
      card: isChanged || tail.isOfMembers ? this.#card() : undefined,
      sent_bytes: member.sent_bytes,
      large: conversation.isLarge || undefined,
      renamed: tail.renamed,
    };
  }

  /** Messages for the sockets of users who attend, as text. All members who lack the same get the same string. */
  relay(from: number, to: number): string {
    const tail = this.#tail(from, to, from);
    tail.relay ??= encodeRelay({
      conversation_id: this.#conversation.conversationId,
      from: tail.from,
      seq: to,
      lines: tail.lines,
    });
    return tail.relay;
  }

  /** @param first the first seq that the member sees: the preview of an earlier one is not theirs */
  #tail(from: number, to: number, first: number): Tail {
    if (!isSame(this.#tailsOf, this.#conversation.version)) this.#tails.clear();
    this.#tailsOf = this.#conversation.version;
    const key = `${from} ${to} ${to >= first}`;
    const known = this.#tails.get(key);
    if (known) return known;
    const messages = this.messages(from, to);
    const last = to >= first ? this.#previewOf(to) : undefined;
    const lines = messages.map(({ line }) => line);
    const tail: Tail = {
      from: messages[0]?.seq ?? to + 1,
      lines,
      isOfMembers: messages.some(({ msg_type }) => !KINDS.get(msg_type)?.isCountable),
      renamed: messages.some(({ msg_type }) => KINDS.get(msg_type)?.renamesGroup ?? false),
      updatedAt: last?.send_at,
      text: encodeTail(last?.line ?? "null", lines),
      updates: new Map(),
      relay: undefined,
    };
    keep(this.#tails, key, tail);
    return tail;
  }

  /** The update as text, for the answer to a call from the member's own inbox. */
  updateText(userId: string, mark: Version, from?: number): string | null {
    const member = this.#conversation.member(userId);
    return (member && this.update(member, mark, from)?.text) ?? null;
  }

  /** The newest messages of a range that fit into one update. [MEM-1] */
  messages(from: number, to = this.#conversation.version.seq): RecentMessage[] {
    if (from > to) return [];
    const remembered = this.#conversation.recent.range(from, to);
    if (remembered) return remembered;
    const first = Math.max(from, to - UPDATE_LIMITS.messages + 1);
    const stored = this.#store.messages(first, to);
    return newest(stored.map((message) => ({ ...message, line: this.#conversation.line(message) })));
  }

  /** Caches the preview of one message: telling 500 members asks for the same preview 500 times. */
  #previewOf(seq: number): { line: string; send_at: Millis } | undefined {
    if (this.#preview?.seq !== seq) {
      const { newest } = this.#conversation;
      const message = newest?.seq === seq ? newest : this.#store.message(seq);
      if (!message) return undefined;
      this.#preview = { seq, line: this.#conversation.line(forPreview(message)), send_at: message.send_at };
    }
    return this.#preview;
  }
}

/** Keeps a value, and drops the oldest beyond the limit. */
function keep<T>(values: Map<string, T>, key: string, value: T): void {
  const [oldest] = values.keys();
  if (values.size >= KEPT && oldest !== undefined) values.delete(oldest);
  values.set(key, value);
}
