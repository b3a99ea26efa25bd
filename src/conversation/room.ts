import type {
  AppendCall,
  AppendOutcome,
  AppendReply,
  CreateGroupCall,
  GroupFacts,
  NewMessage,
  OperateCall,
  OperateReply,
} from "../domain/calls.ts";
import {
  isActive,
  type Member,
  mutedUntil,
  type Stamp,
  unreadCount,
  visibleMax,
  visibleRange,
} from "../domain/member.ts";
import { newMember, type Plan, plan } from "../domain/operations.ts";
import { type Operation, permit } from "../domain/permissions.ts";
import type { Tell } from "../domain/tell.ts";
import { encodeTell } from "../domain/tell.ts";
import type { PullRange } from "../protocol/bodies.ts";
import { Code, codeMessage, NexoError } from "../protocol/codes.ts";
import { isCountable, NoticeType } from "../protocol/content.ts";
import { type ConversationRef, parseConversationId, peerOf } from "../protocol/ids.ts";
import { GroupStatus, type Millis, type ReadState, Role } from "../protocol/model.ts";
import { forPreview, messageLine, serverMessageIds } from "./message.ts";
import type { ConversationStore, StoredMessage, StoredRoom } from "./store.ts";
import { newest, Tail, type TailMessage, TELL_LIMITS } from "./tail.ts";

export interface RoomOptions {
  readonly conversationId: string;
  readonly maxMembers: number;
  readonly now: () => Millis;
  /** Runs work so that its writes are kept whole or not at all. */
  readonly transaction: <T>(work: () => T) => T;
  /** Whether storage has no room for more messages. */
  readonly isFull: () => boolean;
}

/** What a change did; `departed` are those it concerns who are no active members. */
export interface Operated extends Omit<OperateReply, "tell"> {
  readonly departed: readonly string[];
}

/** What of the newest message the next one needs. */
type Head = Pick<StoredMessage, "seq" | "server_msg_id" | "send_at" | "countable">;
const NO_HEAD: Head = { seq: 0, server_msg_id: 0, send_at: 0, countable: 0 };

/**
 * A conversation without its platform: who is in it, what was said, who may see what.
 * Everything is synchronous, so that no two callers interleave; what it keeps in memory is what storage
 * has, and is read again when a transaction fails.
 */
export class Room {
  readonly ref: ConversationRef;
  readonly #options: RoomOptions;
  readonly #store: ConversationStore;
  readonly #nextServerMessageId: (now: Millis, last: number) => number;
  readonly #tail = new Tail();
  #preview: { seq: number; line: string; send_at: Millis } | undefined;
  #room: StoredRoom | undefined;
  #head = NO_HEAD;
  #members = new Map<string, Member>();
  #ver = 0;

  /** @throws NexoError CONVERSATION_NOT_FOUND for an id that is none. */
  constructor(store: ConversationStore, options: RoomOptions) {
    const ref = parseConversationId(options.conversationId);
    if (!ref) throw new NexoError(Code.CONVERSATION_NOT_FOUND);
    this.ref = ref;
    this.#store = store;
    this.#options = options;
    this.#nextServerMessageId = serverMessageIds(options.conversationId);
    this.#load();
  }

  get conversationId(): string {
    return this.#options.conversationId;
  }

  get isBorn(): boolean {
    return this.#room !== undefined;
  }

  /** Those who are told of everything. */
  get activeMembers(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  /** How far an inbox has to know the conversation to know all that concerns this member. */
  target(member: Member): Stamp {
    // In a single chat the other's read mark concerns both; it raises ver, but only its owner's row.
    const ver = this.ref.type === 1 ? this.#ver : member.ver;
    return { seq: visibleMax(member, this.#head.seq), ver };
  }

  /** Everything that there is to know. */
  get stamp(): Stamp {
    return { seq: this.#head.seq, ver: this.#ver };
  }

  /** Up to where everyone but those behind was told, as of the last start. */
  get toldStamp(): Stamp {
    return { seq: this.#room?.told_seq ?? 0, ver: this.#room?.told_ver ?? 0 };
  }

  /** Anyone's row, present or former. */
  member(userId: string): Member | undefined {
    return this.#members.get(userId) ?? (this.isBorn ? this.#store.member(userId) : undefined);
  }

  /**
   * Gives seqs to sends, all in one transaction: known client_msg_ids get their first answer, the rest
   * are checked in the contract's order. [SEND-1 SEND-2 SEND-3]
   */
  append(calls: readonly AppendCall[]): Omit<AppendReply, "tell">[] {
    return this.#mutate(() => calls.map((call) => this.#appendOne(call)));
  }

  #appendOne(call: AppendCall): Omit<AppendReply, "tell"> {
    const founded = !this.isBorn && this.ref.type === 1 && call.founding;
    if (founded) this.#found(this.ref.users, call.user_id, () => Role.MEMBER);
    let spent = 0;
    const outcomes = call.sends.map((send): AppendOutcome => {
      const known = this.isBorn && this.#store.messageByClientId(call.user_id, send.client_msg_id);
      if (known) return accepted(known, this.#line(known));
      const refusal = this.#refusal(call, spent);
      if (refusal) return refusal;
      spent++;
      return this.#appendMessage(call.user_id, send);
    });
    if (spent > 0) this.#moveRead(call.user_id);
    return { outcomes, spent, founded };
  }

  #refusal(call: AppendCall, spent: number): (AppendOutcome & { ok: false }) | null {
    if (!this.isBorn) {
      if (this.ref.type === 2) return refused(Code.GROUP_NOT_FOUND);
      return refused(Code.TOO_MANY_REQUESTS, "too many new conversations, try again later");
    }
    const code = this.permit("send", call.user_id);
    if (code !== Code.OK) return refused(code);
    if (spent >= call.allowance) return refused(Code.TOO_MANY_REQUESTS);
    if (this.#options.isFull()) {
      return refused(Code.TOO_LARGE, "the conversation is full: no more messages fit, reading goes on");
    }
    return null;
  }

  #appendMessage(senderId: string, send: NewMessage): AppendOutcome & { ok: true } {
    const now = Math.max(this.#options.now(), this.#head.send_at);
    const message: StoredMessage = {
      seq: this.#head.seq + 1,
      server_msg_id: this.#nextServerMessageId(now, this.#head.server_msg_id),
      sender_id: senderId,
      client_msg_id: send.client_msg_id,
      msg_type: send.msg_type,
      content: send.content,
      send_at: now,
      countable: this.#head.countable + (isCountable(send.msg_type) ? 1 : 0),
    };
    this.#store.insertMessage(message);
    this.#head = message;
    const line = this.#line(message);
    this.#tail.push({ seq: message.seq, line, msg_type: message.msg_type });
    return accepted(message, line);
  }

  /** Who sends has read up to there. Raises no ver: the message itself tells it. [READ-2] */
  #moveRead(userId: string): void {
    const member = this.#members.get(userId);
    if (!member) return;
    const moved = { ...member, read_seq: this.#head.seq, read_count: this.#head.countable };
    this.#members.set(userId, moved);
    this.#store.updateRead(moved);
  }

  /** Makes a group. Again, by whoever made it, is not an error: the caller lost the first answer. */
  create(call: CreateGroupCall): void {
    const room = this.#room;
    if (room) {
      if (room.creator_user_id !== call.owner_id) throw new NexoError(Code.NO_PERMISSION);
      return;
    }
    const ids = [...new Set([call.owner_id, ...call.member_ids])];
    if (ids.length > this.#options.maxMembers) throw new NexoError(Code.GROUP_FULL);
    this.#mutate(() =>
      this.#found(ids, call.owner_id, (id) => (id === call.owner_id ? Role.OWNER : Role.MEMBER)),
    );
  }

  #found(userIds: readonly string[], creatorId: string, roleOf: (userId: string) => Role): void {
    const now = this.#options.now();
    this.#room = {
      conversation_id: this.conversationId,
      created_at: now,
      creator_user_id: creatorId,
      status: GroupStatus.NORMAL,
      muted_until: 0,
      ver: 1,
      told_seq: 0,
      told_ver: 0,
    };
    this.#store.createRoom(this.#room);
    for (const userId of userIds) {
      const entry = { from: 1, join_seq: 0, joined_at: now, role: roleOf(userId) };
      this.#putMember(newMember(userId, { countable: 0, ver: 0 }, entry));
    }
    this.#ver = 1;
  }

  /** Carries out a change by one of the conversation's users. */
  operate(call: OperateCall): Operated {
    const { operation } = call;
    if (operation.type === "mark_read") {
      const read_seq = this.#markRead(call.user_id, operation.read_seq);
      const departed = this.#members.has(call.user_id) ? [] : [call.user_id];
      return { results: [], read_seq, departed };
    }
    if (!this.#room || this.ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
    const decided = plan(operation, this.#planningView(this.#room), call.user_id, this.#options.now());
    this.#mutate(() => this.#carryOut(decided, call.user_id));
    return {
      results: decided.results,
      read_seq: this.member(call.user_id)?.read_seq ?? 0,
      departed: decided.members.filter((member) => !isActive(member)).map((member) => member.user_id),
    };
  }

  #planningView(room: StoredRoom) {
    return {
      status: room.status,
      muted_until: room.muted_until,
      max_seq: this.#head.seq,
      countable: this.#head.countable,
      ver: this.#ver,
      max_members: this.#options.maxMembers,
      active: this.#members.size,
      member: (userId: string) => this.member(userId),
    };
  }

  #carryOut(decided: Plan, operatorId: string): void {
    const room = this.#room;
    if (!room) throw new NexoError(Code.GROUP_NOT_FOUND);
    const { status = room.status, muted_until = room.muted_until } = decided;
    if (decided.members.length > 0) this.#ver++;
    for (const member of decided.members) {
      // Who leaves is no more among those whom waking finds; until they are told, this row is how it knows.
      if (!isActive(member)) this.#store.putBehind(member.user_id, { seq: 0, ver: 0 });
      this.#putMember(member);
    }
    if (decided.members.length > 0 || status !== room.status || muted_until !== room.muted_until) {
      this.#room = { ...room, status, muted_until };
      this.#store.updateRoom(status, muted_until, this.#ver);
    }
    if (!decided.notice) return;
    const { type, content } = decided.notice;
    this.#appendMessage(operatorId, { client_msg_id: "", msg_type: type, content: JSON.stringify(content) });
    if (this.#members.has(operatorId)) this.#moveRead(operatorId);
  }

  #markRead(userId: string, readSeq: number): number {
    const member = this.#reader(userId);
    if (!member) return 0;
    const seq = Math.min(readSeq, visibleMax(member, this.#head.seq));
    if (seq <= member.read_seq) return member.read_seq;
    this.#mutate(() => {
      this.#ver++;
      const marked = { ...member, read_seq: seq, read_count: this.#countableAt(seq), ver: this.#ver };
      if (isActive(marked)) this.#members.set(userId, marked);
      else this.#store.putBehind(userId, { seq: 0, ver: 0 });
      this.#store.updateRead(marked);
    });
    return seq;
  }

  /** The code that an attempt meets. */
  permit(operation: Operation, userId: string): Code {
    return permit(operation, this.member(userId), {
      dismissed: this.#room?.status === GroupStatus.DISMISSED,
      mutedUntil: this.#room?.muted_until ?? 0,
      now: this.#options.now(),
    });
  }

  /** Who may read has a row, or is one of the two of a single chat that has no message yet: null. [VIS-4] */
  #reader(userId: string): Member | null {
    if (!this.isBorn && this.ref.type === 1 && this.ref.users.includes(userId)) return null;
    const code = this.permit("read", userId);
    const member = this.member(userId);
    if (code !== Code.OK || !member) throw new NexoError(Code.NO_PERMISSION);
    return member;
  }

  /** @throws NexoError NO_PERMISSION to outsiders, whether the conversation exists or not. */
  assertReader(userId: string): void {
    this.#reader(userId);
  }

  /** Messages by range or by list, as JSON of `{messages, max_seq}`. */
  pull(userId: string, wanted: PullRange | readonly number[]): string {
    const member = this.#reader(userId);
    if (!member) return '{"messages":[],"max_seq":0}';
    const max = visibleMax(member, this.#head.seq);
    const messages = "order" in wanted ? this.#pullRange(member, wanted) : this.#pullList(member, wanted);
    const lines = messages.map((message) => this.#line(message));
    return `{"messages":[${lines.join(",")}],"max_seq":${max}}`;
  }

  #pullRange(member: Member, { begin_seq, end_seq, limit, order }: PullRange): StoredMessage[] {
    const { from, to } = visibleRange(member, this.#head.seq, begin_seq, end_seq);
    return this.#store.messages(from, to, limit, order);
  }

  #pullList(member: Member, seqs: readonly number[]): StoredMessage[] {
    const { from, to } = visibleRange(member, this.#head.seq, 0, 0);
    return this.#store.messagesBySeq(seqs.filter((seq) => seq >= from && seq <= to));
  }

  /** @param readSeq counts unread from here instead of from the member's mark. */
  readState(userId: string, readSeq?: number): ReadState {
    const member = this.#reader(userId);
    if (!member) return { max_seq: 0, read_seq: 0, unread_count: 0 };
    const from = readSeq === undefined ? member : this.#readFrom(member, readSeq);
    return {
      max_seq: visibleMax(member, this.#head.seq),
      read_seq: member.read_seq,
      unread_count: this.#unread(from),
    };
  }

  #readFrom(member: Member, readSeq: number): Member {
    return { ...member, read_count: this.#countableAt(Math.max(readSeq, member.min_seq - 1)) };
  }

  /** @throws NexoError GROUP_NOT_FOUND, or why this user may not change the group's name and picture. */
  assertMayUpdate(userId: string): void {
    if (!this.#room || this.ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
    const code = this.permit("update", userId);
    if (code !== Code.OK) throw new NexoError(code);
  }

  /** @throws NexoError GROUP_NOT_FOUND */
  groupFacts(): GroupFacts {
    if (!this.#room || this.ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
    const owner = [...this.#members.values()].find((member) => member.role === Role.OWNER);
    return {
      status: this.#room.status,
      owner_user_id: owner?.user_id ?? "",
      member_count: this.#members.size,
    };
  }

  /**
   * The active members, owner and admins first, then by joining.
   * @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER
   */
  listMembers(userId: string): Member[] {
    if (!this.#room || this.ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
    const code = this.permit("members", userId);
    if (code !== Code.OK) throw new NexoError(code);
    return [...this.#members.values()].sort(
      (a, b) => b.role - a.role || a.join_seq - b.join_seq || a.joined_at - b.joined_at || (a.user_id < b.user_id ? -1 : 1),
    );
  }

  /** Messages from a seq on, as far as one tell may carry them: what the conversation's own sockets are pushed. */
  newest(from: number): TailMessage[] {
    return this.#toTell(from, this.#head.seq);
  }

  /** What an inbox with this mark does not know of the conversation; null when it knows all. [TELL-1] */
  tell(member: Member, mark: Stamp): Tell | null {
    const target = this.target(member);
    if (mark.seq >= target.seq && mark.ver >= target.ver) return null;
    const messages = this.#toTell(Math.max(mark.seq + 1, member.min_seq), target.seq);
    const last = target.seq >= member.min_seq ? this.#previewOf(target.seq) : undefined;
    return {
      header: {
        conversation_id: this.conversationId,
        seq: target.seq,
        ver: this.#ver,
        from: messages[0]?.seq ?? target.seq + 1,
        min_seq: member.min_seq,
        read_seq: member.read_seq,
        peer_read_seq: this.#members.get(peerOf(this.ref, member.user_id))?.read_seq ?? 0,
        unread: this.#unread(member),
        role: member.role,
        status: member.status,
        muted_until: mutedUntil(member, this.#room?.muted_until ?? 0),
        updated_at: last?.send_at ?? member.joined_at,
        renamed: messages.some((message) => message.msg_type === NoticeType.GROUP_UPDATED),
      },
      preview: last?.line ?? "null",
      lines: messages.map((message) => message.line),
    };
  }

  /** The same as text, for the answer to a call of the member's own inbox. */
  tellText(userId: string, mark: Stamp): string | null {
    const member = this.member(userId);
    const tell = member && this.tell(member, mark);
    return tell ? encodeTell(tell) : null;
  }

  /** The newest messages of a range that fit into a tell. */
  #toTell(from: number, to: number): TailMessage[] {
    if (from > to) return [];
    const remembered = this.#tail.range(from, to);
    if (remembered) return remembered;
    const first = Math.max(from, to - TELL_LIMITS.messages + 1);
    const stored = this.#store.messages(first, to, TELL_LIMITS.messages, "asc");
    return newest(stored.map((message) => ({ ...message, line: this.#line(message) })));
  }

  /** Of one message at a time: telling 500 members asks 500 times for the same. */
  #previewOf(seq: number): { line: string; send_at: Millis } | undefined {
    if (this.#preview?.seq !== seq) {
      const message = this.#store.message(seq);
      if (!message) return undefined;
      this.#preview = { seq, line: this.#line(forPreview(message)), send_at: message.send_at };
    }
    return this.#preview;
  }

  #unread(member: Member): number {
    return unreadCount(member, this.#head.seq, (seq) => this.#countableAt(seq));
  }

  #countableAt(seq: number): number {
    return seq >= this.#head.seq ? this.#head.countable : this.#store.countableAt(seq);
  }

  #line(message: StoredMessage): string {
    return messageLine(this.conversationId, this.ref, message);
  }

  #putMember(member: Member): void {
    this.#store.putMember(member);
    if (isActive(member)) this.#members.set(member.user_id, member);
    else this.#members.delete(member.user_id);
  }

  #mutate<T>(work: () => T): T {
    try {
      return this.#options.transaction(work);
    } catch (error) {
      this.#store.migrator.reset();
      this.#load();
      throw error;
    }
  }

  #load(): void {
    this.#tail.clear();
    this.#preview = undefined;
    this.#room = this.#store.room();
    if (!this.#room) {
      this.#members.clear();
      this.#head = NO_HEAD;
      this.#ver = 0;
      return;
    }
    this.#head = this.#store.newest() ?? NO_HEAD;
    this.#members = new Map(this.#store.activeMembers().map((member) => [member.user_id, member]));
    this.#ver = Math.max(this.#room.ver, ...[...this.#members.values()].map((member) => member.ver));
  }
}

function accepted(message: StoredMessage, line: string): AppendOutcome & { ok: true } {
  const { seq, server_msg_id, send_at } = message;
  return { ok: true, seq, server_msg_id, send_at, line };
}

function refused(code: Code, message = codeMessage(code)): AppendOutcome & { ok: false } {
  return { ok: false, code, message };
}
