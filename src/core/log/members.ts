import { isActive, type Member } from "../member.ts";
import type { ConversationStore } from "./store.ts";

/** The members of a conversation: active members in memory, the rows of all members in storage. */
export class Members {
  readonly #store: ConversationStore;
  readonly #active = new Map<string, Member>();
  /** Active members whose read mark and sent bytes are newer in memory than in their row. */
  readonly #unwritten = new Set<string>();

  constructor(store: ConversationStore) {
    this.#store = store;
  }

  /** The active members, who are told about every message and change. */
  get active(): ReadonlyMap<string, Member> {
    return this.#active;
  }

  /** The row of a present or former member. */
  get(userId: string): Member | undefined {
    return this.#active.get(userId) ?? (this.#store.migrator.isBorn ? this.#store.member(userId) : undefined);
  }

  put(member: Member): void {
    this.#store.putMember(member);
    this.#unwritten.delete(member.user_id);
    if (isActive(member)) this.#active.set(member.user_id, member);
    else this.#active.delete(member.user_id);
  }

  /**
   * A sender has read up to its own message, and has sent these bytes. Kept in memory until `writeReads`: after a crash
   * both follow from the messages. Does not raise ver, since the message itself implies the mark. [READ-2]
   */
  sent(userId: string, read: Pick<Member, "read_seq" | "read_count">, bytes: number): void {
    const member = this.#active.get(userId);
    if (!member) return;
    this.#active.set(userId, { ...member, ...read, sent_bytes: member.sent_bytes + bytes });
    this.#unwritten.add(userId);
  }

  /** Whether `writeReads` has something to write. */
  get hasUnwritten(): boolean {
    return this.#unwritten.size > 0;
  }

  /** Writes what sends have moved: one row for each sender since the last time. */
  writeReads(): void {
    for (const userId of this.#unwritten) {
      const member = this.#active.get(userId);
      if (member) this.#store.updateRead(member);
    }
    this.#unwritten.clear();
  }

  /** Moves a read mark without a send. Also works for a former member. */
  mark(member: Member): void {
    this.#store.updateRead(member);
    this.#unwritten.delete(member.user_id);
    if (isActive(member)) this.#active.set(member.user_id, member);
  }

  /** Computes what sends have moved since the rows were written. @param after all rows include messages up to this one */
  loadReads(after: number): void {
    for (const { user_id, bytes, ...read } of this.#store.unwrittenReads(after)) this.sent(user_id, read, bytes);
  }

  /** Reads the active members again from storage. @returns the greatest ver among them */
  load(): number {
    this.clear();
    for (const member of this.#store.activeMembers()) this.#active.set(member.user_id, member);
    return Math.max(0, ...[...this.#active.values()].map((member) => member.ver));
  }

  clear(): void {
    this.#active.clear();
    this.#unwritten.clear();
  }
}
