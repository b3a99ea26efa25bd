import { Code, NexoError } from "../../protocol/codes.ts";
import { type ConversationRef, parseConversationId } from "../../protocol/ids.ts";
import { Role } from "../../protocol/model.ts";
import type { AppendCall, AppendReply, ImportedMessage, OperateCall } from "../calls.ts";
import { isActive, type Member, type Refusal, visibleMax } from "../member.ts";
import type { Plan } from "../plan.ts";
import type { Version } from "../version.ts";
import { Access } from "./access.ts";
import { metaOf } from "./amended.ts";
import { Amendments, type Change, type Replaced } from "./amendments.ts";
import { Imports } from "./imports.ts";
import type { LargeGroup } from "./large-group.ts";
import { Marks } from "./marks.ts";
import type { StoredMessage } from "./message.ts";
import { Messages, type MessagesOptions } from "./messages.ts";
import type { Operated } from "./operated.ts";
import { assertAllowed } from "./outcomes.ts";
import { Revisions } from "./revisions.ts";
import { Room } from "./room.ts";
import { type MessageHooks, Sends } from "./sends.ts";
import { Sight } from "./sight.ts";
import type { ConversationStore } from "./store.ts";

export interface ConversationStateOptions extends Omit<MessagesOptions, "ref"> {
  readonly maxMembers: number;
  /** A group with more members than this becomes large. */
  readonly largeGroup: number;
  /** The users whom a message concerns more than others, for example by mentioning them. */
  readonly named: (message: StoredMessage) => readonly string[];
  /** Runs work in a transaction: either all of its writes are kept, or none. */
  readonly transaction: <T>(work: () => T) => T;
  /** What features have to do with new messages. */
  readonly hooks?: MessageHooks;
  /** The content of a message was replaced or taken away. Called within the transaction. */
  readonly replaced?: (replaced: Replaced) => void;
}

/**
 * The state of a conversation, independent of the platform: its members, its messages, and the changes of both.
 * Everything is synchronous, so that two callers never interleave. The state in memory equals the state in
 * storage, and is read again when a transaction fails.
 */
export class ConversationState {
  readonly ref: ConversationRef;
  readonly #options: ConversationStateOptions;
  readonly #store: ConversationStore;
  readonly #room: Room;
  readonly #sends: Sends;
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
    const ref = parseConversationId(options.conversationId);
    if (!ref) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    this.ref = ref;
    this.#store = store;
    this.#options = options;
    this.messages = new Messages(store, { ...options, ref });
    this.marks = new Marks(store.sql, store.migrator);
    this.revisions = new Revisions(store.sql, store.migrator);
    const logs = { store, messages: this.messages, marks: this.marks, revisions: this.revisions };
    this.amendments = new Amendments({
      ...logs,
      now: options.now,
      replaced: (replaced) => options.replaced?.(replaced),
      isPreview: (seq) => this.sight.isPreview(seq, this.activeMembers.values()),
      // The change takes the next rev.
      mentioned: (userId) => this.#room.concerned.amended.set(userId, this.amendments.rev + 1),
      named: (message) => this.named(message),
      ownChange: (member, rev) => this.#room.ownChange(member, rev),
      notice: (userId, type, content) => this.#sends.notice(userId, type, content),
    });
    this.#room = new Room({ ...options, ...logs, ref, amendments: this.amendments });
    this.sight = new Sight({ ...logs, amendments: this.amendments });
    this.access = new Access(ref, this.#room, options.now);
    this.#sends = new Sends({
      ...logs,
      members: this.#room.members,
      isGroup: ref.type === 2,
      hooks: options.hooks,
      appended: (message) => this.#named(message),
      unreadBySender: (userId) => this.#room.concerned.named.set(userId, this.messages.seq),
      isBorn: () => this.isBorn,
      permit: (userId) => this.access.permitSend(userId),
      mayMentionAll: (userId) => this.access.permit("mention_all", userId),
      slowWait: (userId) => (this.access.isSlowed(userId) ? this.#room.switches.slowWait(userId, options.now()) : 0),
      slowed: (userId, at) => {
        if (this.access.isSlowed(userId)) this.#room.switches.sent(userId, at);
      },
      sent: (userId) => this.#room.nowKnown(userId),
      found: (userId) => this.#foundChat(userId),
    });
    this.imports = new Imports({ ...logs, sends: this.#sends });
    this.#load();
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
    const author = this.isLarge ? this.messages.authorOf(metaOf(message)?.reply_to ?? 0) : undefined;
    const named = this.#options.named(message);
    return author === undefined ? named : [...named, author];
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
    return this.#mutate(() => {
      const replies = this.#sends.append(calls);
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
    return this.#mutate(() => {
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
    return this.#mutate(() => {
      if (!this.isBorn && this.ref.type === 1) this.#foundChat(this.ref.users[0]);
      return this.imports.take(messages);
    });
  }

  /** Sets whether a user of a single chat refuses what the peer sends. The peer is not told. [BLOCK-1] */
  refuse(userId: string, refuses: Refusal): void {
    if (this.ref.type === 1) this.#mutate(() => this.#room.refuse(userId, refuses));
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
    this.#mutate(() => this.#room.foundGroup(ownerId, ids, invitedIds));
    return true;
  }

  /** Applies the plan that a feature has made. */
  carryOut(decided: Plan, operatorId: string): Operated {
    const { members, notice, results } = decided;
    this.#mutate(() => {
      this.#room.carryOut(decided);
      if (notice) this.#sends.notice(operatorId, notice.type, notice.content);
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
    this.#mutate(() => this.#room.markRead(member, seq, this.messages.countableAt(seq)));
    return seq;
  }

  /** Stores the version that everyone has been told, and with it the senders' marks. [READ-2] [TELL-4] */
  writeTold(told: Version): void {
    this.#mutate(() => {
      this.#room.members.writeReads();
      this.#store.updateTold(told);
    });
  }

  #foundChat(creatorId: string): void {
    this.#room.found(this.ref.type === 1 ? this.ref.users : [], creatorId, () => Role.MEMBER);
  }

  #named(message: StoredMessage): void {
    for (const userId of this.named(message)) {
      if (this.isActiveMember(userId)) this.#room.concerned.named.set(userId, message.seq);
    }
  }

  #mutate<T>(work: () => T): T {
    const { all } = this.#room.concerned;
    try {
      return this.#options.transaction(() => {
        const result = work();
        this.#room.keepLarge();
        return result;
      });
    } catch (error) {
      this.#store.migrator.reset();
      this.#room.concerned.all = all;
      this.#load();
      throw error;
    }
  }

  #load(): void {
    const rev = this.#room.load();
    this.imports.load();
    if (!this.#room.row) {
      this.messages.clear();
      this.amendments.clear();
      return;
    }
    const { told_seq, told_rev } = this.#room.row;
    this.messages.load();
    this.amendments.load(rev, told_rev);
    if (this.messages.seq > told_seq) this.#room.members.loadReads(told_seq, this.marks.isBorn);
  }
}
