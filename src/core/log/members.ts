import { isActive, type Member } from "../member.ts";
import type { ConversationStore } from "./store.ts";

/** The members of a conversation: active members in memory, the rows of all members in storage. */
export class Members {
  readonly #store: ConversationStore;
  #active = new Map<string, Member>();

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
    if (isActive(member)) this.#active.set(member.user_id, member);
    else this.#active.delete(member.user_id);
  }

  /** Adds to a member's sent bytes. They are written with the read mark, which every send and notice moves. */
  countSent(userId: string, bytes: number): void {
    const member = this.#active.get(userId);
    if (member) this.#active.set(userId, { ...member, sent_bytes: member.sent_bytes + bytes });
  }

  /** A sender has read up to its own message. Does not raise ver: the message itself implies the mark. [READ-2] */
  moveRead(userId: string, read: Pick<Member, "read_seq" | "read_count">): void {
    const member = this.#active.get(userId);
    if (member) this.#active.set(userId, { ...member, ...read });
  }

  /** Writes the mark that `moveRead` moved: one row for each sender in a batch, not one for each send. */
  writeRead(userId: string): void {
    const member = this.#active.get(userId);
    if (member) this.#store.updateRead(member);
  }

  /** Moves a read mark without a send. Also works for a former member. */
  mark(member: Member): void {
    this.#store.updateRead(member);
    if (isActive(member)) this.#active.set(member.user_id, member);
  }

  /** Reads the active members again from storage. @returns the greatest ver among them */
  load(): number {
    this.#active = new Map(this.#store.activeMembers().map((member) => [member.user_id, member]));
    return Math.max(0, ...[...this.#active.values()].map((member) => member.ver));
  }

  clear(): void {
    this.#active.clear();
  }
}
