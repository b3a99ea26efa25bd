import { LIMITS } from "../../protocol/limits.ts";
import { isActive, type Member } from "../member.ts";
import type { LargeGroup } from "./large-group.ts";
import type { ConversationStore } from "./store.ts";

/** The most rows of a large group that are kept in memory, besides those that are needed. [MEM-1] */
const MOST_KEPT = 2_000;

/**
 * The members of a conversation. The rows of all members are in storage. In memory are all active members; or, in a
 * large group, those who attend and those who were asked for since the object woke.
 */
export class Members {
  readonly #store: ConversationStore;
  readonly #large: LargeGroup;
  readonly #active = new Map<string, Member>();
  #count = 0;
  /** The last seq that any former member sees; undefined until it is asked for. */
  #lastEnd: number | undefined;
  /** Active members whose read mark and sent bytes are newer in memory than in their row. */
  readonly #unwritten = new Set<string>();

  constructor(store: ConversationStore, large: LargeGroup) {
    this.#store = store;
    this.#large = large;
  }

  /** The active members in memory: all of them, unless the group is large. */
  get active(): ReadonlyMap<string, Member> {
    return this.#active;
  }

  /** The number of active members. */
  get count(): number {
    return this.#count;
  }

  /** The row of a present or former member. */
  get(userId: string): Member | undefined {
    const known = this.#active.get(userId);
    if (known || !this.#store.migrator.isBorn) return known;
    const stored = this.#store.members.get(userId);
    if (isActive(stored)) this.#keep(stored);
    return stored;
  }

  put(member: Member): void {
    const before = isActive(this.get(member.user_id));
    this.#store.members.put(member);
    this.#unwritten.delete(member.user_id);
    this.#count += Number(isActive(member)) - Number(before);
    if (isActive(member)) this.#active.set(member.user_id, member);
    else {
      this.#active.delete(member.user_id);
      if (this.#lastEnd !== undefined) this.#lastEnd = Math.max(this.#lastEnd, member.end_seq);
    }
  }

  /**
   * Former members whose list may show one of these messages: as unread, or as the last one. At most
   * LIMITS.formerMembersTold, or one recall would wake the inboxes of all who ever left.
   */
  formerWith(seqs: readonly number[]): Member[] {
    const first = Math.min(...seqs);
    // Most recalls are of messages after the last leaving. These read no rows.
    this.#lastEnd ??= this.#store.members.lastEnd();
    if (first > this.#lastEnd) return [];
    return this.#store.members
      .formerBetween(first, Math.max(...seqs), LIMITS.formerMembersTold)
      .filter(({ min_seq, end_seq, read_seq, own_rev }) =>
        seqs.some((seq) => seq >= min_seq && seq <= end_seq && (seq > read_seq || own_rev > 0)),
      );
  }

  /**
   * A sender has read up to its own message, and has sent these bytes. Kept in memory until `writeReads`: after a crash
   * both follow from the messages. Does not raise ver, since the message itself implies the mark. [READ-2]
   */
  sent(userId: string, read: Pick<Member, "read_seq" | "read_count">, bytes: number): void {
    const member = this.get(userId);
    if (!isActive(member)) return;
    this.#active.set(userId, { ...member, ...read, sent_bytes: member.sent_bytes + bytes });
    this.#unwritten.add(userId);
  }

  /** The active members whose read mark is newer than their row. */
  get unwritten(): readonly Member[] {
    return [...this.#unwritten].flatMap((userId) => this.#active.get(userId) ?? []);
  }

  /** Writes what sends have moved: one row for each sender since the last time. */
  writeReads(): void {
    for (const member of this.unwritten) this.#store.members.updateRead(member);
    this.#unwritten.clear();
  }

  /** Moves a read mark without a send. Also works for a former member. */
  mark(member: Member): void {
    this.#store.members.updateRead(member);
    this.#unwritten.delete(member.user_id);
    if (isActive(member)) this.#active.set(member.user_id, member);
  }

  /** A member deleted messages for themselves. */
  markOwn(member: Member): void {
    this.#store.members.updateOwnRev(member.user_id, member.own_rev);
    if (isActive(member)) this.#active.set(member.user_id, member);
  }

  /**
   * Computes what sends have moved since the rows were written.
   * @param after all rows include messages up to this one @param hasMarks whether messages may be unread by their senders
   */
  loadReads(after: number, hasMarks: boolean): void {
    const reads = this.#store.members.unwrittenReads(after, hasMarks);
    for (const { user_id, bytes, ...read } of reads) this.sent(user_id, read, bytes);
  }

  /** Reads the members again from storage. @returns the greatest ver and own_rev among the active ones */
  load(): { ver: number; rev: number } {
    this.clear();
    const { isLarge, attending, active, ver } = this.#large;
    const loaded = isLarge ? this.#store.members.activeAmong([...attending]) : this.#store.members.active();
    for (const member of loaded) this.#active.set(member.user_id, member);
    this.#count = isLarge ? active : loaded.length;
    const rev = Math.max(0, ...loaded.map((member) => member.own_rev));
    return { ver: isLarge ? ver : Math.max(0, ...loaded.map((member) => member.ver)), rev };
  }

  clear(): void {
    this.#active.clear();
    this.#unwritten.clear();
    this.#count = 0;
    this.#lastEnd = undefined;
  }

  #keep(member: Member): void {
    if (this.#active.size >= MOST_KEPT + this.#large.attending.size + this.#unwritten.size) {
      for (const userId of [...this.#active.keys()]) {
        if (!this.#large.attending.has(userId) && !this.#unwritten.has(userId)) this.#active.delete(userId);
      }
    }
    this.#active.set(member.user_id, member);
  }
}
