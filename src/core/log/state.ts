import { Code, NexoError } from "../../protocol/codes.ts";
import { type ConversationRef, parseConversationId, peerOf } from "../../protocol/ids.ts";
import { KINDS } from "../../protocol/kinds.ts";
import { GroupStatus, Role, SYSTEM_USER } from "../../protocol/model.ts";
import type { AppendCall, AppendReply, ImportedMessage, OperateCall } from "../calls.ts";
import { isActive, type Member, Refusal, visibleMax } from "../member.ts";
import { type Operation, permit } from "../permissions.ts";
import { type GroupView, invitedMember, newMember, type Plan } from "../plan.ts";
import { NOTHING_KNOWN, type Version } from "../version.ts";
import { Amendments, type Replaced } from "./amendments.ts";
import { ImportStore } from "./imports.ts";
import { LargeGroup } from "./large-group.ts";
import { Marks } from "./marks.ts";
import { Members } from "./members.ts";
import type { StoredMessage } from "./message.ts";
import { Messages, type MessagesOptions } from "./messages.ts";
import type { Operated } from "./operated.ts";
import { assertAllowed } from "./outcomes.ts";
import { Revisions } from "./revisions.ts";
import { type MessageHooks, Sends } from "./sends.ts";
import { Sight } from "./sight.ts";
import type { ConversationStore, StoredConversation } from "./store.ts";

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

/** Whom changes concern alone: they are told even in a large group, where messages go only to those who attend. */
export class Concerned {
  /** Whether a change concerns all members, as when the group is renamed. */
  all = false;
  /** Members whose row changed. */
  readonly members = new Set<string>();
  /** Members who are named in messages, and the newest of these. */
  readonly named = new Map<string, number>();
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
  readonly messages: Messages;
  #row: StoredConversation | undefined;
  readonly #members: Members;
  readonly #large: LargeGroup;
  readonly #imports: ImportStore;
  readonly #sends: Sends;
  readonly marks: Marks;
  readonly revisions: Revisions;
  readonly amendments: Amendments;
  /** What a member sees of the messages. */
  readonly sight: Sight;
  #ver = 0;
  #concerned = new Concerned();

  /** @throws NexoError CONVERSATION_NOT_FOUND for a text that is not a conversation id. */
  constructor(store: ConversationStore, options: ConversationStateOptions) {
    const ref = parseConversationId(options.conversationId);
    if (!ref) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    this.ref = ref;
    this.#store = store;
    this.#large = new LargeGroup(store);
    this.#members = new Members(store, this.#large);
    this.#imports = new ImportStore(store);
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
      mentioned: (userId) => this.#concerned.named.set(userId, this.messages.seq),
      ownChange: (member, rev) => this.#ownChange(member, rev),
      notice: (userId, type, content) => this.#sends.notice(userId, type, content),
    });
    this.sight = new Sight({ ...logs, amendments: this.amendments });
    this.#sends = new Sends({
      ...logs,
      members: this.#members,
      isGroup: ref.type === 2,
      hooks: options.hooks,
      appended: (message) => this.#named(message),
      isBorn: () => this.isBorn,
      permit: (userId) => this.#permitSend(userId),
      sent: (userId) => this.#nowKnown(userId),
      found: (userId) => this.#found(ref.type === 1 ? ref.users : [], userId, () => Role.MEMBER),
    });
    this.#load();
  }

  get conversationId(): string {
    return this.#options.conversationId;
  }

  get isBorn(): boolean {
    return this.#row !== undefined;
  }

  /** The number of active members. */
  get memberCount(): number {
    return this.#members.count;
  }

  /** The users whom a stored message names. */
  named(message: StoredMessage): readonly string[] {
    return this.#options.named(message);
  }

  /** Whether messages go only to members who attend. */
  get isLarge(): boolean {
    return this.#large.isLarge;
  }

  /** Who attends a large group. */
  get large(): LargeGroup {
    return this.#large;
  }

  /** The users whose sockets may show what happens here at the moment: all active members, or those who attend. */
  get audience(): Iterable<string> {
    return this.isLarge ? this.#large.attending : this.activeMembers.keys();
  }

  /** Whose members were changed since this was last called: their inboxes are told, also in a large group. */
  takeConcerned(): Concerned {
    const concerned = this.#concerned;
    this.#concerned = new Concerned();
    return concerned;
  }

  isActiveMember(userId: string): boolean {
    return isActive(this.member(userId));
  }

  /** The active members in memory: all of them, unless the group is large. */
  get activeMembers(): ReadonlyMap<string, Member> {
    return this.#members.active;
  }

  /** The conversation's own row; undefined until the conversation is created. */
  get row(): Readonly<StoredConversation> | undefined {
    return this.#row;
  }

  /** The version that an inbox must have to know everything that concerns this member. */
  target(member: Member): Version {
    // In a single chat, a read mark concerns both users. It raises ver, but only the row of its owner stores that ver.
    // In a large group, what concerns the group as such does not come with the messages.
    const own = isActive(member) ? Math.max(member.ver, this.#large.groupVer) : member.ver;
    const ver = this.ref.type === 1 ? this.#ver : own;
    return { seq: this.sight.max(member), ver, rev: this.sight.toldRev(member) };
  }

  /** The newest version of the conversation. */
  get version(): Version {
    return { seq: this.messages.seq, ver: this.#ver, rev: this.amendments.rev };
  }

  /** The version that everyone has been told, except the members in `behind`; as of the last start. */
  get toldVersion(): Version {
    const { told_seq: seq = 0, told_ver: ver = 0, told_rev: rev = 0 } = this.#row ?? {};
    return { seq, ver, rev };
  }

  /** The row of a present or former member. */
  member(userId: string): Member | undefined {
    return this.#members.get(userId);
  }

  /** Gives seqs to sends, all in one transaction. [SEND-1 SEND-2 SEND-3] */
  append(calls: readonly AppendCall[]): Omit<AppendReply, "tell">[] {
    return this.#mutate(() => {
      const replies = this.#sends.append(calls);
      // The setting may have been lowered since the last change of members.
      if (replies.some(({ spent }) => spent > 0)) this.#growIfDue();
      return replies;
    });
  }

  /** The operator's announcements need no member. Nobody can sign in as their sender. [KEY-3] */
  #permitSend(userId: string): Code {
    if (userId !== SYSTEM_USER || this.ref.type === 1) return this.permit("send", userId);
    return this.#row?.status === GroupStatus.DISMISSED ? Code.GROUP_DISMISSED : Code.OK;
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
    const change = revs > 0 ? this.#mutate(() => this.amendments.collect(() => work(this.amendments))) : null;
    const read_seq = this.member(user_id)?.read_seq ?? 0;
    const departed = change?.told === "own" && !this.isActiveMember(user_id) ? [user_id] : [];
    return { results: [], read_seq, spent: change ? 1 : 0, departed, change };
  }

  /** Users who write to somebody take messages from them. */
  #nowKnown(userId: string): void {
    const member = this.#members.active.get(userId);
    if (member?.refuses === Refusal.UNKNOWN) this.#members.put({ ...member, refuses: Refusal.NONE });
  }

  #named(message: StoredMessage): void {
    for (const userId of this.#options.named(message)) {
      if (this.isActiveMember(userId)) this.#concerned.named.set(userId, message.seq);
    }
  }

  /** Sets whether a user of a single chat refuses what the peer sends. The peer is not told. [BLOCK-1] */
  refuse(userId: string, refuses: Refusal): void {
    const member = this.#members.active.get(userId);
    if (this.ref.type === 1 && member && member.refuses !== refuses) {
      this.#mutate(() => this.#members.put({ ...member, refuses }));
    }
  }

  #isRefused(userId: string): boolean {
    const peer = this.#members.active.get(peerOf(this.ref, userId));
    return peer !== undefined && peer.refuses !== Refusal.NONE;
  }

  /** The last seq that was imported; 0 if none was. */
  get importedSeq(): number {
    return this.#imports.seq;
  }

  /**
   * Takes messages of another server, all or none. Those that are here already are left out.
   * @returns how many were new. @throws NexoError GROUP_NOT_FOUND; INVALID_PARAMETER for a seq that is not the next one,
   *   and once there are other messages
   */
  importMessages(messages: readonly ImportedMessage[]): number {
    if (!this.isBorn && this.ref.type === 2) throw new NexoError(Code.GROUP_NOT_FOUND);
    return this.#mutate(() => {
      if (!this.isBorn && this.ref.type === 1) this.#found(this.ref.users, this.ref.users[0], () => Role.MEMBER);
      const before = this.version.seq;
      const isLive = before > this.#imports.seq;
      for (const message of messages) this.#import(message, isLive);
      if (this.version.seq > before) this.#imports.putSeq(this.version.seq);
      return this.version.seq - before;
    });
  }

  #import({ seq, sender_id, send_at, ...send }: ImportedMessage, isLive: boolean): void {
    const known = this.#store.messageByClientId(sender_id, send.client_msg_id);
    if (known?.seq === seq) return;
    if (known) throw invalid(`client_msg_id: ${send.client_msg_id} of ${sender_id} has the seq ${known.seq} already`);
    if (isLive) throw invalid("seq: the conversation has live messages already");
    const next = this.version.seq + 1;
    if (seq !== next) throw invalid(`seq: must be ${next}, not ${seq}`);
    this.#sends.write(sender_id, send, send_at);
  }

  /**
   * Creates a group. A repeat by the same creator is not an error: the caller lost the first answer.
   * @returns whether this call created it. @throws NexoError GROUP_FULL, NO_PERMISSION
   */
  create(ownerId: string, memberIds: readonly string[], invitedIds: readonly string[] = []): boolean {
    if (this.#row) {
      if (this.#row.creator_user_id !== ownerId) throw new NexoError(Code.NO_PERMISSION);
      return false;
    }
    const ids = [...new Set([ownerId, ...memberIds])];
    if (ids.length > this.#options.maxMembers) throw new NexoError(Code.GROUP_FULL);
    this.#mutate(() => {
      this.#found(ids, ownerId, (id) => (id === ownerId ? Role.OWNER : Role.MEMBER));
      for (const id of invitedIds) {
        this.#members.put(invitedMember(id, { ver: 0 }, ownerId, this.#options.now()));
        this.#keepDeparted(id);
      }
    });
    return true;
  }

  #found(userIds: readonly string[], creatorId: string, roleOf: (userId: string) => Role): void {
    const now = this.#options.now();
    this.#row = {
      conversation_id: this.conversationId,
      created_at: now,
      creator_user_id: creatorId,
      status: GroupStatus.NORMAL,
      muted_until: 0,
      ver: 1,
      told_seq: 0,
      told_ver: 0,
      rev: 0,
      told_rev: 0,
    };
    this.#store.createConversation(this.#row);
    for (const userId of userIds) {
      const entry = { from: 1, join_seq: 0, joined_at: now, role: roleOf(userId) };
      this.#members.put(newMember(userId, { countable: 0, ver: 0 }, entry));
    }
    this.#ver = 1;
    this.#growIfDue();
  }

  /** A group with more members than the setting allows for small ones becomes large, and stays so. */
  #growIfDue(): void {
    if (this.isLarge || this.ref.type === 1 || this.#members.count <= this.#options.largeGroup) return;
    this.#ver++;
    this.#large.put({ ver: this.#ver, group_ver: this.#ver, active: this.#members.count });
    this.#concerned.all = true;
  }

  /** Stores what a waking object cannot take from the rows of all members of a large group. */
  #keepLarge(): void {
    if (!this.isLarge) return;
    const group_ver = this.#concerned.all ? this.#ver : this.#large.groupVer;
    this.#large.put({ ver: this.#ver, group_ver, active: this.#members.count });
  }

  /** Applies the plan that a feature has made. */
  carryOut(decided: Plan, operatorId: string): Operated {
    this.#mutate(() => this.#carryOut(decided, operatorId));
    return {
      results: decided.results,
      read_seq: this.member(operatorId)?.read_seq ?? 0,
      spent: decided.notice ? 1 : 0,
      departed: decided.members.filter((member) => !isActive(member)).map((member) => member.user_id),
    };
  }

  /** The group's state before an operation. @throws NexoError GROUP_NOT_FOUND */
  groupView(): GroupView {
    const row = this.#row;
    if (!row || this.ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
    return {
      status: row.status,
      muted_until: row.muted_until,
      max_seq: this.messages.seq,
      countable: this.messages.countable,
      ver: this.#ver,
      rev: this.amendments.rev,
      max_members: this.#options.maxMembers,
      active: this.#members.count,
      member: (userId: string) => this.member(userId),
    };
  }

  #carryOut(decided: Plan, operatorId: string): void {
    const row = this.#row;
    if (!row) throw new NexoError(Code.GROUP_NOT_FOUND);
    const { status = row.status, muted_until = row.muted_until } = decided;
    const isOfGroup = status !== row.status || muted_until !== row.muted_until || renames(decided);
    if (decided.members.length > 0 || (isOfGroup && this.isLarge)) this.#ver++;
    for (const member of decided.members) {
      this.#members.put(member);
      if (isActive(member)) this.#concerned.members.add(member.user_id);
      else this.#keepDeparted(member.user_id);
    }
    if (status !== row.status || muted_until !== row.muted_until) this.#updateRow({ status, muted_until });
    if (isOfGroup) this.#concerned.all = true;
    this.#growIfDue();
    if (!decided.notice) return;
    this.#sends.notice(operatorId, decided.notice.type, decided.notice.content);
  }

  /** An object that wakes loads active members only, so others get a row in `behind` until they are told. */
  #keepDeparted(userId: string): void {
    this.#store.putBehind(userId, NOTHING_KNOWN);
    if (this.isLarge) this.#large.leave(userId);
    this.#updateRow({});
  }

  #ownChange(member: Member, rev: number): void {
    const changed = { ...member, own_rev: rev };
    this.#members.markOwn(changed);
    this.#concerned.members.add(member.user_id);
    if (!isActive(changed)) this.#keepDeparted(changed.user_id);
    // A waking object reads only some members of a large group.
    else if (this.isLarge) this.#updateRow({});
  }

  #updateRow(changes: Partial<Pick<StoredConversation, "status" | "muted_until">>): void {
    if (!this.#row) return;
    this.#row = { ...this.#row, ...changes };
    this.#store.updateConversation(this.#row.status, this.#row.muted_until, this.version);
  }

  /** Active members whose mark was moved by a send, and is not stored yet. */
  get unwrittenReads(): readonly Member[] {
    return this.#members.unwritten;
  }

  /** Stores the version that everyone has been told, and with it the senders' marks. [READ-2] [TELL-4] */
  writeTold(told: Version): void {
    this.#mutate(() => {
      this.#members.writeReads();
      this.#store.updateTold(told);
    });
  }

  /** Moves a user's read mark forward. [READ-1] */
  markRead(userId: string, readSeq: number): Operated {
    const read_seq = this.#markRead(userId, readSeq);
    return { results: [], read_seq, spent: 0, departed: this.isActiveMember(userId) ? [] : [userId] };
  }

  #markRead(userId: string, readSeq: number): number {
    const member = this.reader(userId);
    if (!member) return 0;
    const seq = Math.min(readSeq, visibleMax(member, this.messages.seq));
    if (seq <= member.read_seq) return member.read_seq;
    this.#mutate(() => {
      this.#ver++;
      const marked = { ...member, read_seq: seq, read_count: this.messages.countableAt(seq), ver: this.#ver };
      this.#members.mark(marked);
      if (isActive(marked)) this.#concerned.members.add(userId);
      else this.#keepDeparted(userId);
    });
    return seq;
  }

  /** The code for an attempt by this user; OK if it is allowed. */
  permit(operation: Operation, userId: string): Code {
    return permit(operation, this.member(userId), {
      dismissed: this.#row?.status === GroupStatus.DISMISSED,
      mutedUntil: this.#row?.muted_until ?? 0,
      refused: this.#isRefused(userId),
      now: this.#options.now(),
    });
  }

  /**
   * The row of a user who may read; null for either user of a single chat that has no message yet. [VIS-4]
   * @throws NexoError NO_PERMISSION for outsiders, whether the conversation exists or not; for users who left, the
   *   code that the operation defines for them
   */
  reader(userId: string, operation: "read" | "read_by" | "typing" = "read"): Member | null {
    if (!this.isBorn && this.ref.type === 1 && this.ref.users.includes(userId)) return null;
    const code = this.permit(operation, userId);
    const member = this.member(userId);
    if (code !== Code.OK || !member) throw new NexoError(code === Code.OK ? Code.NO_PERMISSION : code);
    return member;
  }

  /** Whether the group is dismissed, as this member sees it: members who left before are not told. [VIS-5] */
  isDismissedFor(member: Member): boolean {
    return this.#row?.status === GroupStatus.DISMISSED && visibleMax(member, this.messages.seq) === this.messages.seq;
  }

  #mutate<T>(work: () => T): T {
    const { all } = this.#concerned;
    try {
      return this.#options.transaction(() => {
        const result = work();
        this.#keepLarge();
        return result;
      });
    } catch (error) {
      this.#store.migrator.reset();
      this.#concerned.all = all;
      this.#load();
      throw error;
    }
  }

  #load(): void {
    this.#row = this.#store.conversation();
    this.#large.load();
    if (!this.#row) {
      this.#members.clear();
      this.messages.clear();
      this.amendments.clear();
      this.#ver = 0;
      return;
    }
    this.messages.load();
    const { told_seq, told_ver, told_rev } = this.#row;
    const { ver, rev } = this.#members.load();
    this.#ver = Math.max(this.#row.ver, told_ver, ver);
    this.amendments.load(Math.max(this.#row.rev, rev), told_rev);
    if (this.messages.seq > told_seq) this.#members.loadReads(told_seq);
  }
}

/** Whether a plan changes what the list shows of the group itself. */
function renames({ notice }: Plan): boolean {
  return notice !== null && (KINDS.get(notice.type)?.renamesGroup ?? false);
}

function invalid(message: string): NexoError {
  return new NexoError(Code.INVALID_PARAMETER, message);
}
