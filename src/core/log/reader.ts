import type { PullRange } from "../../protocol/bodies.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { ID } from "../../protocol/ids.ts";
import { type ReadBy, type ReadState, Role } from "../../protocol/model.ts";
import type { GroupFacts } from "../calls.ts";
import { type Member, unreadCount, visibleMax, visibleRange } from "../member.ts";
import type { Operation } from "../permissions.ts";
import { lineParameters } from "./message.ts";
import type { ConversationState } from "./state.ts";
import type { ConversationStore, StoredConversation } from "./store.ts";

/** What may be seen of a conversation, by whom, and how far. Writes nothing. [VIS-1] */
export class LogReader {
  readonly #room: ConversationState;
  readonly #store: ConversationStore;

  constructor(room: ConversationState, store: ConversationStore) {
    this.#room = room;
    this.#store = store;
  }

  /** Messages by range or by list, as JSON of `{messages, max_seq}`. @throws NexoError NO_PERMISSION */
  pull(userId: string, wanted: PullRange | readonly number[]): string {
    const member = this.#room.reader(userId);
    if (!member) return '{"messages":[],"max_seq":0}';
    const max = visibleMax(member, this.#room.stamp.seq);
    const lines = "order" in wanted ? this.#pullRange(member, wanted) : this.#pullList(member, wanted);
    return `{"messages":[${lines.join(",")}],"max_seq":${max}}`;
  }

  #pullRange(member: Member, { begin_seq, end_seq, limit, order }: PullRange): string[] {
    const { from, to } = visibleRange(member, this.#room.stamp.seq, begin_seq, end_seq);
    const { conversationId, ref } = this.#room;
    return this.#store.lines(lineParameters(conversationId, ref), { from, to, limit, order });
  }

  #pullList(member: Member, seqs: readonly number[]): string[] {
    const { from, to } = visibleRange(member, this.#room.stamp.seq, 0, 0);
    const messages = this.#store.messagesBySeq(seqs.filter((seq) => seq >= from && seq <= to));
    return messages.map((message) => this.#room.line(message));
  }

  /**
   * Newest seq, mark and unread as a user sees them.
   * @param readSeq counts unread from here instead of from the user's mark.
   * @throws NexoError NO_PERMISSION
   */
  readState(userId: string, readSeq?: number): ReadState {
    const member = this.#room.reader(userId);
    if (!member) return { max_seq: 0, read_seq: 0, unread_count: 0 };
    const from = readSeq === undefined ? member : this.#readUpTo(member, readSeq);
    const { seq } = this.#room.stamp;
    return {
      max_seq: visibleMax(member, seq),
      read_seq: member.read_seq,
      unread_count: unreadCount(from, seq, (at) => this.#room.countableAt(at)),
    };
  }

  #readUpTo(member: Member, readSeq: number): Member {
    return { ...member, read_count: this.#room.countableAt(Math.max(readSeq, member.min_seq - 1)) };
  }

  /** @throws NexoError GROUP_NOT_FOUND */
  groupFacts(): GroupFacts {
    const { status } = this.#group();
    const members = [...this.#room.activeMembers.values()];
    const owner = members.find((member) => member.role === Role.OWNER);
    return { status, owner_user_id: owner?.user_id ?? "", member_count: members.length };
  }

  /**
   * A page of the active members, owner and admins first, then by joining.
   * @param after where the page before it ended, "" for the first.
   * @throws NexoError GROUP_NOT_FOUND, NOT_A_MEMBER, INVALID_PARAMETER
   */
  listMembers(userId: string, after: string, limit: number): { members: Member[]; next: string } {
    const place = after === "" ? undefined : placeOf(after);
    this.assertMay("members", userId);
    const sorted = [...this.#room.activeMembers.values()].sort(inOrder);
    const rest = place === undefined ? sorted : sorted.filter((member) => inOrder(member, place) > 0);
    const members = rest.slice(0, limit);
    const last = members.at(-1);
    return { members, next: last && rest.length > limit ? toPlace(last) : "" };
  }

  /**
   * Active members but the sender who have read a message, by user_id.
   * @param after the user_id that the page before it ended with, "" for the first.
   * @throws NexoError NO_PERMISSION to former members too, MESSAGE_NOT_FOUND where the caller does not see it
   */
  readBy(userId: string, seq: number, after: string, limit: number): { readers: ReadBy[]; next: string } {
    if (after !== "" && !ID.test(after)) {
      throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
    }
    const reader = this.#room.reader(userId, "read_by");
    const range = reader && visibleRange(reader, this.#room.stamp.seq, seq, seq);
    const message = range && range.from <= range.to ? this.#store.message(seq) : undefined;
    if (!message) throw new NexoError(Code.MESSAGE_NOT_FOUND);
    const all = [...this.#room.activeMembers.values()]
      .filter((member) => member.read_seq >= seq && member.min_seq <= seq && member.user_id !== message.sender_id)
      .map(({ user_id, read_seq }) => ({ user_id, read_seq }))
      .filter(({ user_id }) => user_id > after)
      .sort((a, b) => (a.user_id < b.user_id ? -1 : 1));
    const readers = all.slice(0, limit);
    return { readers, next: all.length > limit ? (readers.at(-1)?.user_id ?? "") : "" };
  }

  /** @throws NexoError GROUP_NOT_FOUND, or why this user may not. */
  assertMay(operation: Operation, userId: string): void {
    this.#group();
    const code = this.#room.permit(operation, userId);
    if (code !== Code.OK) throw new NexoError(code);
  }

  #group(): Readonly<StoredConversation> {
    const { row, ref } = this.#room;
    if (!row || ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
    return row;
  }
}

type Place = Pick<Member, "role" | "join_seq" | "joined_at" | "user_id">;

function inOrder(a: Place, b: Place): number {
  return (
    b.role - a.role ||
    a.join_seq - b.join_seq ||
    a.joined_at - b.joined_at ||
    (a.user_id < b.user_id ? -1 : a.user_id > b.user_id ? 1 : 0)
  );
}

function toPlace({ role, join_seq, joined_at, user_id }: Place): string {
  return `${role}.${join_seq}.${joined_at}.${user_id}`;
}

function placeOf(cursor: string): Place {
  const match = /^([123])\.(\d{1,16})\.(\d{1,16})\.(.+)$/.exec(cursor);
  const [, role, joinSeq, joinedAt, userId = ""] = match ?? [];
  if (!ID.test(userId)) {
    throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
  }
  const roles = { 1: Role.MEMBER, 2: Role.ADMIN, 3: Role.OWNER } as const;
  return {
    role: roles[role as "1" | "2" | "3"],
    join_seq: Number(joinSeq),
    joined_at: Number(joinedAt),
    user_id: userId,
  };
}
