import type { Amended } from "../../protocol/model.ts";
import { isActive, type Member, visibleMax } from "../member.ts";
import { AS_SENT, amendedOf } from "./amended.ts";
import type { Amendments } from "./amendments.ts";
import type { Mark, Marks } from "./marks.ts";
import type { StoredMessage } from "./message.ts";
import type { Messages } from "./messages.ts";
import type { Revisions } from "./revisions.ts";

export interface SightParts {
  readonly messages: Messages;
  readonly marks: Marks;
  readonly revisions: Revisions;
  readonly amendments: Amendments;
}

/** What one member sees of the messages: how many are unread, which changes, and in which state. */
export class Sight {
  readonly #parts: SightParts;

  constructor(parts: SightParts) {
    this.#parts = parts;
  }

  /** The last seq that a member sees. */
  max(member: Member): number {
    return visibleMax(member, this.#parts.messages.seq);
  }

  /**
   * The change number that a member is shown. For one who left it goes on with recalls and their own deletions only: it
   * must not tell how active the others are. [VIS-5]
   */
  rev(member: Member): number {
    if (isActive(member)) return this.#parts.amendments.rev;
    return member.end_rev + this.#revsAfterEnd(member).length;
  }

  /** The change number that a member's inbox must know. */
  toldRev(member: Member): number {
    return isActive(member) ? Math.max(this.#parts.amendments.loudRev, member.own_rev) : this.rev(member);
  }

  /** The revs after they left of what a former member is shown, in order. */
  #revsAfterEnd(member: Member): number[] {
    const { marks } = this.#parts;
    const shown = [
      ...marks.since("recalled", member.end_rev),
      ...marks.since("deleted", member.end_rev, member.user_id),
    ].filter(({ seq }) => seq >= member.min_seq && seq <= member.end_seq);
    return shown.map(({ rev }) => rev).sort((a, b) => a - b);
  }

  /**
   * Unread messages: countable ones after the read mark, less those that were recalled or that the member deleted.
   * Each is subtracted once. [UNREAD-1]
   * @param readSeq counts from here instead of from the member's mark
   */
  unread(member: Member, readSeq?: number): number {
    const { messages, marks } = this.#parts;
    const to = this.max(member);
    const after = readSeq === undefined ? member.read_seq : Math.max(readSeq, member.min_seq - 1);
    const readCount = readSeq === undefined ? member.read_count : messages.countableAt(after);
    const recalled = marks.recalledAfter(after) - (to < messages.seq ? marks.recalledAfter(to) : 0);
    const deleted = member.own_rev > 0 ? marks.deletedUnread(member.user_id, after, to) : 0;
    return Math.max(0, messages.countableAt(to) - readCount - recalled - deleted);
  }

  /** Unread mentions, at most 100, and the first of them. [OPS-7] */
  mentions(member: Member): { count: number; first: number } {
    const to = this.max(member);
    if (member.read_seq >= to) return { count: 0, first: 0 };
    return this.#parts.marks.mentions(member.user_id, Math.max(member.read_seq, member.min_seq - 1), to);
  }

  /** The seq of the newest message that a member sees and has not deleted; 0 if there is none. */
  previewSeq(member: Member): number {
    const max = this.max(member);
    if (max < member.min_seq) return 0;
    if (member.own_rev === 0) return max;
    const seq = this.#parts.marks.newestWithout("deleted", { from: member.min_seq, to: max }, member.user_id);
    return seq < member.min_seq ? 0 : seq;
  }

  /** What a member deleted for themselves after a rev that they were shown. */
  deletedSince(member: Member, since: number): Mark[] {
    const { marks } = this.#parts;
    if (member.own_rev === 0 || (isActive(member) && member.own_rev <= since)) return [];
    if (isActive(member)) return marks.since("deleted", since, member.user_id);
    const revs = this.#revsAfterEnd(member);
    const shown = (rev: number) => (rev <= member.end_rev ? rev : member.end_rev + 1 + revs.indexOf(rev));
    const all = marks.since("deleted", 0, member.user_id).map(({ seq, rev }) => ({ seq, rev: shown(rev) }));
    return all.filter(({ rev }) => rev > since);
  }

  /** Whether the list of one of these members shows this message as the last one. */
  isPreview(seq: number, members: Iterable<Member>): boolean {
    if (seq === this.#parts.messages.seq) return true;
    return [...members].some((member) => member.own_rev > 0 && this.previewSeq(member) === seq);
  }

  /** The seqs of a range that a member has deleted for themselves. */
  deleted(member: Member, from: number, to: number): number[] {
    if (member.own_rev === 0 || from > to) return [];
    return this.#parts.marks.between("deleted", { from, to }, member.user_id).map(({ seq }) => seq);
  }

  /**
   * Messages as a member may see them. Former members see contents as they stood when they left, without reactions and
   * pins; a recall takes a content from them, too. [OPS-6]
   */
  asSeen(member: Member, messages: readonly StoredMessage[]): readonly StoredMessage[] {
    if (isActive(member) || messages.every(({ rev }) => rev === 0)) return messages;
    const revs = this.#revsAfterEnd(member);
    return messages.map((message) => {
      if (message.rev === 0) return message;
      const amended = amendedOf(message);
      if (amended.recalled_at === 0) return this.#asThen(member, message);
      // Nothing changes a message after its recall.
      const rev = message.rev <= member.end_rev ? message.rev : member.end_rev + 1 + revs.indexOf(message.rev);
      return { ...message, rev, amended: JSON.stringify({ ...amended, rev } satisfies Amended) };
    });
  }

  #asThen(member: Member, message: StoredMessage): StoredMessage {
    const revisions = this.#parts.revisions.of(message.seq);
    const next = revisions.find(({ rev }) => rev > member.end_rev);
    const last = revisions.findLast(({ rev }) => rev <= member.end_rev);
    const { content, meta } = next ?? message;
    if (!last) return { ...message, content, meta, rev: 0, amended: null };
    const asThen: Amended = { ...AS_SENT, rev: last.rev, edited_at: next?.at ?? amendedOf(message).edited_at };
    return { ...message, content, meta, rev: last.rev, amended: JSON.stringify(asThen) };
  }
}
