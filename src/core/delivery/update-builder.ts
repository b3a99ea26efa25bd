import { peerOf } from "../../protocol/ids.ts";
import { KINDS } from "../../protocol/kinds.ts";
import type { Card, Millis } from "../../protocol/model.ts";
import { forPreview } from "../log/message.ts";
import { newest, type RecentMessage, UPDATE_LIMITS } from "../log/recent-messages.ts";
import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import { type Member, mutedUntil, unreadCount } from "../member.ts";
import { covers, type Version } from "../version.ts";
import { encodeUpdate, type Update } from "./update.ts";

/** Builds the updates that tell an inbox what it does not know yet about a conversation. */
export class UpdateBuilder {
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;
  readonly #card: () => Card | undefined;
  #preview: { readonly seq: number; readonly line: string; readonly send_at: Millis } | undefined;

  /** @param card the group's name and picture, if they are known. */
  constructor(conversation: ConversationState, store: ConversationStore, card: () => Card | undefined) {
    this.#conversation = conversation;
    this.#store = store;
    this.#card = card;
  }

  /** Everything about the conversation that is new to an inbox with this mark; null if nothing is. [TELL-1] */
  update(member: Member, mark: Version): Update | null {
    const conversation = this.#conversation;
    const target = conversation.target(member);
    if (covers(mark, target)) return null;
    const { seq, ver } = target;
    const messages = this.messages(Math.max(mark.seq + 1, member.min_seq), seq);
    const isOfMembers = mark.ver < ver || messages.some(({ msg_type }) => !KINDS.get(msg_type)?.isCountable);
    const last = seq >= member.min_seq ? this.#previewOf(seq) : undefined;
    return {
      header: {
        conversation_id: conversation.conversationId,
        seq,
        ver: conversation.version.ver,
        from: messages[0]?.seq ?? seq + 1,
        min_seq: member.min_seq,
        read_seq: member.read_seq,
        peer_read_seq: conversation.activeMembers.get(peerOf(conversation.ref, member.user_id))?.read_seq ?? 0,
        unread: unreadCount(member, conversation.version.seq, (at) => conversation.countableAt(at)),
        role: member.role,
        status: member.status,
        dismissed: conversation.isDismissedFor(member),
        muted_until: mutedUntil(member, conversation.row?.muted_until ?? 0),
        updated_at: last?.send_at ?? member.joined_at,
        card: isOfMembers ? this.#card() : undefined,
        sent_bytes: member.sent_bytes,
        renamed: messages.some(({ msg_type }) => KINDS.get(msg_type)?.renamesGroup),
      },
      preview: last?.line ?? "null",
      lines: messages.map((message) => message.line),
    };
  }

  /** The same update as text, for the answer to a call from the member's own inbox. */
  updateText(userId: string, mark: Version): string | null {
    const member = this.#conversation.member(userId);
    const update = member && this.update(member, mark);
    return update ? encodeUpdate(update) : null;
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
