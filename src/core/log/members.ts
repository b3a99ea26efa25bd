import { isActive, type Member } from "../member.ts";
import type { ConversationStore } from "./store.ts";

/** The members of a conversation: the active ones in memory, the rows of all in storage. */
export class Members {
  readonly #store: ConversationStore;
  #active = new Map<string, Member>();

  constructor(store: ConversationStore) {
    this.#store = store;
  }

  /** Those who are told of everything. */
  get active(): ReadonlyMap<string, Member> {
    return this.#active;
  }

  /** Anyone's row, present or former. */
  get(userId: string): Member | undefined {
    return this.#active.get(userId) ?? (this.#store.migrator.isBorn ? this.#store.member(userId) : undefined);
  }

  put(member: Member): void {
    this.#store.putMember(member);
    if (isActive(member)) this.#active.set(member.user_id, member);
    else this.#active.delete(member.user_id);
  }

  /** A member has sent so many bytes. Written with the read mark, which every send and notice moves. */
  countSent(userId: string, bytes: number): void {
    const member = this.#active.get(userId);
    if (member) this.#active.set(userId, { ...member, sent_bytes: member.sent_bytes + bytes });
  }

  /** Who sends has read up to there. Raises no ver: the message itself tells it. [READ-2] */
  moveRead(userId: string, read: Pick<Member, "read_seq" | "read_count">): void {
    const member = this.#active.get(userId);
    if (member) this.#active.set(userId, { ...member, ...read });
  }

  /** Writes the mark that `moveRead` moved: a row for each sender of a batch, not for each of their sends. */
  writeRead(userId: string): void {
    const member = this.#active.get(userId);
    if (member) this.#store.updateRead(member);
  }

  /** Moves a mark by itself, a former member's too. */
  mark(member: Member): void {
    this.#store.updateRead(member);
    if (isActive(member)) this.#active.set(member.user_id, member);
  }

  /** Reads the active ones anew. @returns the greatest ver among them */
  load(): number {
    this.#active = new Map(this.#store.activeMembers().map((member) => [member.user_id, member]));
    return Math.max(0, ...[...this.#active.values()].map((member) => member.ver));
  }

  clear(): void {
    this.#active.clear();
  }
}
