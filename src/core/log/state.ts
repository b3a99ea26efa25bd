import { Code, NexoError } from "../../protocol/codes.ts";
import type { ConversationRef } from "../../protocol/ids.ts";
import type { AppendCall, AppendReply, ImportedMessage, OperateCall } from "../calls.ts";
import { isActive, type Member, type Refusal, visibleMax } from "../member.ts";
import type { Plan } from "../plan.ts";
import type { Version } from "../version.ts";
import type { Access } from "./access.ts";
import type { Amendments, Change } from "./amendments.ts";
import type { Imports } from "./imports.ts";
import type { LargeGroup } from "./large-group.ts";
import type { Marks } from "./marks.ts";
import type { StoredMessage } from "./message.ts";
import type { Messages } from "./messages.ts";
import type { Operated } from "./operated.ts";
import { assertAllowed } from "./outcomes.ts";
import type { Revisions } from "./revisions.ts";
import type { Room } from "./room.ts";
import type { Sight } from "./sight.ts";
import { type ConversationStateOptions, StateParts } from "./state-parts.ts";
import type { ConversationStore } from "./store.ts";

/**
 * The state of a conversation, independent of the platform: its members, its messages, and the changes of both.
 * Everything is synchronous, so that two callers never interleave. The state in memory equals the state in
 * storage, and is read again when a transaction fails.
 */
export class ConversationState {
  readonly #parts: StateParts;
  readonly #options: ConversationStateOptions;
  readonly #store: ConversationStore;
  readonly #room: Room;
  readonly ref: ConversationRef;
  readonly messages: Messages;
  readonly marks: Marks;
  readonly revisions: Revisions;
  readonly amendments: Amendments;
  /** What a member sees of the messages. */
  readonly sight: Sight;
  /** What a user may do. */
  readonly access: Access;
  /** Messages that came from another server. */
  readonly imports: Imports;

  /** @throws NexoError CONVERSATION_NOT_FOUND for a text that is not a conversation id. */
  constructor(store: ConversationStore, options: ConversationStateOptions) {
    const parts = new StateParts(store, options);
    this.#parts = parts;
    this.#options = options;
    this.#store = store;
    this.#room = parts.room;
    this.ref = parts.ref;
    this.messages = parts.messages;
    this.marks = parts.marks;
    this.revisions = parts.revisions;
    this.amendments = parts.amendments;
    this.sight = parts.sight;
    this.access = parts.access;
    this.imports = parts.imports;
  }

  get conversationId(): string {
    return this.#options.conversationId;
  }

  get isBorn(): boolean {
    return this.#room.row !== undefined;
  }

  /** The number of active members. */
  get memberCount(): number {
    return this.#room.members.count;
  }

  /** The row of a present or former member. */
  member(userId: string): Member | undefined {
    return this.#room.members.get(userId);
  }

  isActiveMember(userId: string): boolean {
    return isActive(this.member(userId));
  }

  /** The active members in memory: all of them, unless the group is large. */
  get activeMembers(): ReadonlyMap<string, Member> {
    return this.#room.members.active;
  }

  /** Active members whose mark was moved by a send, and is not stored yet. */
  get unwrittenReads(): readonly Member[] {
    return this.#room.members.unwritten;
  }

  /** Whether messages go only to members who attend. */
  get isLarge(): boolean {
    return this.large.isLarge;
  }

  /** Who attends a large group. */
  get large(): LargeGroup {
    return this.#room.large;
  }

  /** The users whose sockets may show what happens here at the moment: all active members, or those who attend. */
  get audience(): Iterable<string> {
    return this.isLarge ? this.large.attending : this.activeMembers.keys();
  }

  /** The users whom a stored message names or, in a large group, replies to. */
  named(message: StoredMessage): readonly string[] {
    return this.#parts.named(message);
  }

  /** The conversation's own row, and what the group looks like. Only methods of this class change it. */
  get room(): Pick<Room, "row" | "switches" | "view" | "isDismissedFor" | "takeConcerned"> {
    return this.#room;
  }

  /** The version that an inbox must have to know everything that concerns this member. */
  target(member: Member): Version {
    // In a single chat, a read mark concerns both users. It raises ver, but only the row of its owner stores that ver.
    // In a large group, what concerns the group as such does not come with the messages.
    const own = isActive(member) ? Math.max(member.ver, this.large.groupVer) : member.ver;
    const ver = this.ref.type === 1 ? this.#room.ver : own;
    return { seq: this.sight.max(member), ver, rev: this.sight.toldRev(member) };
  }

  /** The newest version of the conversation. */
  get version(): Version {
    return { seq: this.messages.seq, ver: this.#room.ver, rev: this.amendments.rev };
  }

  /** The version that everyone has been told, except the members in `behind`; as of the last start. */
  get toldVersion(): Version {
    const { told_seq: seq = 0, told_ver: ver = 0, told_rev: rev = 0 } = this.#room.row ?? {};
    return { seq, ver, rev };
  }

  /** Gives seqs to sends, all in one transaction. [SEND-1 SEND-2 SEND-3] */
  append(calls: readonly AppendCall[]): Omit<AppendReply, "tell">[] {
    return this.#parts.change(() => {
      const replies = this.#parts.sends.append(calls);
      // The setting may have been lowered since the last change of members.
      if (replies.some(({ spent }) => spent > 0)) this.#room.growIfDue();
      return replies;
    });
  }

  /**
   * Changes messages that exist, all in one transaction. The caller has checked everything but the rates.
   * @param revs how many messages change; none changes nothing and is allowed to everyone
   * @throws NexoError TOO_MANY_REQUESTS
   */
  amend(
    call: Pick<OperateCall, "user_id" | "allowance" | "retry_after">,
    revs: number,
    work: (amendments: Amendments) => void,
  ): Operated {
    const { user_id } = call;
    if (revs > 0) {
      assertAllowed(call);
      this.amendments.assertRate(revs);
    }
    const { change, former } = revs > 0 ? this.#amend(work) : { change: null, former: [] };
    const read_seq = this.member(user_id)?.read_seq ?? 0;
    const departed = change?.told === "own" && !this.isActiveMember(user_id) ? [user_id] : former;
    return { results: [], read_seq, spent: change ? 1 : 0, departed, change };
  }

  /**
   * Changes messages because the account of a user is erased. Neither the rates apply, nor what a member may do: the
   * user has left. [ERASE-2]
   */
  erase(userId: string, work: (amendments: Amendments) => void): Operated {
    const { change, former } = this.#amend(work);
    return { results: [], read_seq: this.member(userId)?.read_seq ?? 0, departed: former, change };
  }

  /** @returns what was changed, and the former members who are told of it */
  #amend(work: (amendments: Amendments) => void): { change: Change | null; former: readonly string[] } {
    return this.#parts.change(() => {
      const change = this.amendments.collect(() => work(this.amendments));
      return { change, former: this.#room.recalled(change?.recalled ?? []) };
    });
  }

  /**
   * Takes messages of another server, all or none.
   * @returns how many were new. @throws NexoError GROUP_NOT_FOUND; INVALID_PARAMETER as `Imports.take`
   */
  importMessages(messages: readonly ImportedMessage[]): number {
    if (!this.isBorn && this.ref.type === 2) throw new NexoError(Code.GROUP_NOT_FOUND);
    return this.#parts.change(() => {
      if (!this.isBorn && this.ref.type === 1) this.#parts.foundChat(this.ref.users[0]);
      return this.imports.take(messages);
    });
  }

  /** Sets whether a user of a single chat refuses what the peer sends. The peer is not told. [BLOCK-1] */
  refuse(userId: string, refuses: Refusal): void {
    if (this.ref.type === 1) this.#parts.change(() => this.#room.refuse(userId, refuses));
  }

  /**
   * Creates a group. A repeat by the same creator is not an error: the caller lost the first answer.
   * @returns whether this call created it. @throws NexoError GROUP_FULL, NO_PERMISSION
   */
  create(ownerId: string, memberIds: readonly string[], invitedIds: readonly string[] = []): boolean {
    const { row } = this.#room;
    if (row) {
      if (row.creator_user_id !== ownerId) throw new NexoError(Code.NO_PERMISSION);
      return false;
    }
    const ids = [...new Set([ownerId, ...memberIds])];
    if (ids.length > this.#options.maxMembers) throw new NexoError(Code.GROUP_FULL);
    this.#parts.change(() => this.#room.foundGroup(ownerId, ids, invitedIds));
    return true;
  }

  /** Applies the plan that a feature has made. */
  carryOut(decided: Plan, operatorId: string): Operated {
    const { members, notice, results } = decided;
    this.#parts.change(() => {
      this.#room.carryOut(decided);
      if (notice) this.#parts.sends.notice(operatorId, notice.type, notice.content);
    });
    return {
      results,
      read_seq: this.member(operatorId)?.read_seq ?? 0,
      spent: notice ? 1 : 0,
      departed: members.filter((member) => !isActive(member)).map((member) => member.user_id),
    };
  }

  /** Moves a user's read mark forward. [READ-1] */
  markRead(userId: string, readSeq: number): Operated {
    const read_seq = this.#markRead(userId, readSeq);
    return { results: [], read_seq, spent: 0, departed: this.isActiveMember(userId) ? [] : [userId] };
  }

  #markRead(userId: string, readSeq: number): number {
    const member = this.access.reader(userId);
    if (!member) return 0;
    const seq = Math.min(readSeq, visibleMax(member, this.messages.seq));
    if (seq <= member.read_seq) return member.read_seq;
    this.#parts.change(() => this.#room.markRead(member, seq, this.messages.countableAt(seq)));
    return seq;
  }

  /** Stores the version that everyone has been told, and with it the senders' marks. [READ-2] [TELL-4] */
  writeTold(told: Version): void {
    this.#parts.change(() => {
      this.#room.members.writeReads();
      this.#store.updateTold(told);
    });
  }
}
