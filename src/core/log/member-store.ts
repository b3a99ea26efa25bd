import { first, type Sql } from "../../durable/sql.ts";
import type { MemberStatus, Role } from "../../protocol/model.ts";
import type { Member } from "../member.ts";

/** A member's place in lists of members. */
export type Place = Pick<Member, "role" | "join_seq" | "joined_at" | "user_id">;

type MemberRow = { -readonly [K in keyof Member]: Member[K] } & { role: Role; status: MemberStatus };

const MEMBER =
  "user_id, role, status, min_seq, end_seq, read_seq, read_count, join_seq, joined_at, inviter_user_id, muted_until, group_nickname, ver, sent_bytes, refuses, end_rev, own_rev";

/** The rows of a conversation's members, present and former. */
export class MemberStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  active(): Member[] {
    return this.#sql.exec<MemberRow>(`SELECT ${MEMBER} FROM members WHERE status = 1`).toArray();
  }

  /** The active members among some users. */
  activeAmong(userIds: readonly string[]): Member[] {
    if (userIds.length === 0) return [];
    return this.#sql
      .exec<MemberRow>(
        `SELECT ${MEMBER} FROM members WHERE user_id IN (SELECT value FROM json_each(?)) AND status = 1`,
        JSON.stringify(userIds),
      )
      .toArray();
  }

  /** The active members whose row changed after a ver. Reads all active members. */
  changedAfter(ver: number): string[] {
    return this.#sql
      .exec<{ user_id: string }>("SELECT user_id FROM members WHERE status = 1 AND ver > ?", ver)
      .toArray()
      .map(({ user_id }) => user_id);
  }

  /** The last seq that a former member sees; 0 without any. Reads all members. */
  lastEnd(): number {
    const query = "SELECT max(end_seq) AS seq FROM members WHERE status <> 1";
    return first<{ seq: number | null }>(this.#sql, query)?.seq ?? 0;
  }

  /**
   * Former members who see a message between these, and have not read it or have deleted some. Those who have deleted
   * some come first, then the latest to leave. Reads all members.
   */
  formerBetween(from: number, to: number, limit: number): Member[] {
    return this.#sql
      .exec<MemberRow>(
        `SELECT ${MEMBER} FROM members
         WHERE status <> 1 AND end_seq >= ? AND min_seq <= ? AND (read_seq < ? OR own_rev > 0)
         ORDER BY own_rev > 0 DESC, end_seq DESC LIMIT ?`,
        from,
        to,
        to,
        limit,
      )
      .toArray();
  }

  ownerId(): string | undefined {
    const query = "SELECT user_id FROM members WHERE status = 1 AND role = 3 LIMIT 1";
    return first<{ user_id: string }>(this.#sql, query)?.user_id;
  }

  /** Active members in the order of lists: by role, then by joining. @param after where the page before ended */
  page(after: Place | undefined, limit: number): Member[] {
    const { role, join_seq, joined_at, user_id } = after ?? { role: 4, join_seq: 0, joined_at: 0, user_id: "" };
    return this.#sql
      .exec<MemberRow>(
        `SELECT ${MEMBER} FROM members
         WHERE status = 1 AND (-role, join_seq, joined_at, user_id) > (?, ?, ?, ?)
         ORDER BY -role, join_seq, joined_at, user_id LIMIT ?`,
        -role,
        join_seq,
        joined_at,
        user_id,
        limit,
      )
      .toArray();
  }

  /** Active members who, by their rows, have read a message that they see, in the order of their ids. */
  readersOf(seq: number, after: string, limit: number): { user_id: string; read_seq: number }[] {
    return this.#sql
      .exec<{ user_id: string; read_seq: number }>(
        `SELECT user_id, read_seq FROM members
         WHERE user_id > ? AND status = 1 AND read_seq >= ? AND min_seq <= ? ORDER BY user_id LIMIT ?`,
        after,
        seq,
        seq,
        limit,
      )
      .toArray();
  }

  /**
   * What the messages after a seq say about their senders: how far they have read, and the bytes of content that they
   * sent. A row that was written since includes its user's messages up to its read_seq, which every send moves.
   * @param hasMarks whether messages may be marked as unread by their senders
   */
  unwrittenReads(
    after: number,
    hasMarks: boolean,
  ): { user_id: string; read_seq: number; read_count: number; bytes: number }[] {
    const isRead = `AND NOT EXISTS (SELECT 1 FROM marks WHERE kind = 'unread' AND user_id = s.sender_id AND seq = s.seq)`;
    return this.#sql
      .exec<{ user_id: string; read_seq: number; read_count: number; bytes: number }>(
        `SELECT m.user_id, max(s.seq) AS read_seq, max(s.countable) AS read_count,
           sum(length(CAST(s.content AS BLOB))) AS bytes
         FROM messages AS s JOIN members AS m ON m.user_id = s.sender_id
         WHERE s.seq > ? AND s.seq > m.read_seq AND m.status = 1 ${hasMarks ? isRead : ""} GROUP BY m.user_id`,
        after,
      )
      .toArray();
  }

  get(userId: string): Member | undefined {
    return first<MemberRow>(this.#sql, `SELECT ${MEMBER} FROM members WHERE user_id = ?`, userId);
  }

  /** Which of these have a row, as present or former members. */
  among(userIds: readonly string[]): string[] {
    return this.#sql
      .exec<{ user_id: string }>(
        "SELECT user_id FROM members WHERE user_id IN (SELECT value FROM json_each(?))",
        JSON.stringify(userIds),
      )
      .toArray()
      .map(({ user_id }) => user_id);
  }

  put(member: Member): void {
    this.#sql.exec(
      `INSERT INTO members (${MEMBER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET
         role = excluded.role, status = excluded.status, min_seq = excluded.min_seq, end_seq = excluded.end_seq,
         read_seq = excluded.read_seq, read_count = excluded.read_count, join_seq = excluded.join_seq,
         joined_at = excluded.joined_at, inviter_user_id = excluded.inviter_user_id,
         muted_until = excluded.muted_until, group_nickname = excluded.group_nickname, ver = excluded.ver,
         sent_bytes = excluded.sent_bytes, refuses = excluded.refuses, end_rev = excluded.end_rev,
         own_rev = excluded.own_rev`,
      member.user_id,
      member.role,
      member.status,
      member.min_seq,
      member.end_seq,
      member.read_seq,
      member.read_count,
      member.join_seq,
      member.joined_at,
      member.inviter_user_id,
      member.muted_until,
      member.group_nickname,
      member.ver,
      member.sent_bytes,
      member.refuses,
      member.end_rev,
      member.own_rev,
    );
  }

  /** Updates only the read mark, ver and sent bytes. No index contains them, so one row is written. */
  updateRead(member: Member): void {
    this.#sql.exec(
      "UPDATE members SET read_seq = ?, read_count = ?, ver = ?, sent_bytes = ? WHERE user_id = ?",
      member.read_seq,
      member.read_count,
      member.ver,
      member.sent_bytes,
      member.user_id,
    );
  }

  updateOwnRev(userId: string, rev: number): void {
    this.#sql.exec("UPDATE members SET own_rev = ? WHERE user_id = ?", rev, userId);
  }
}
