import { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { GroupStatus, MemberStatus, Millis, Role } from "../../protocol/model.ts";
import type { Member } from "../member.ts";
import type { Version } from "../version.ts";
import { LINE_SQL, type lineParameters, type StoredMessage } from "./message.ts";
import { STEPS, WHOLE } from "./schema.ts";

export type StoredConversation = {
  conversation_id: string;
  created_at: Millis;
  creator_user_id: string;
  status: GroupStatus;
  muted_until: Millis;
  ver: number;
  told_seq: number;
  told_ver: number;
  rev: number;
  told_rev: number;
};

/** A member's place in lists of members. */
export type Place = Pick<Member, "role" | "join_seq" | "joined_at" | "user_id">;

type MemberRow = { -readonly [K in keyof Member]: Member[K] } & { role: Role; status: MemberStatus };
type BehindRow = { user_id: string; seq: number; ver: number; rev: number };

const MESSAGE =
  "seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable, rev, loud_rev, meta, amended";
const MEMBER =
  "user_id, role, status, min_seq, end_seq, read_seq, read_count, join_seq, joined_at, inviter_user_id, muted_until, group_nickname, ver, sent_bytes, refuses, end_rev, own_rev";

/** The tables of a Conversation that the core uses. Features have their own stores in the same database. */
export class ConversationStore {
  readonly sql: Sql;
  readonly migrator: Migrator;

  constructor(sql: Sql) {
    this.sql = sql;
    this.migrator = new Migrator(sql, { steps: STEPS, whole: WHOLE });
  }

  conversation(): StoredConversation | undefined {
    if (!this.migrator.isBorn) return undefined;
    return first<StoredConversation>(
      this.sql,
      "SELECT conversation_id, created_at, creator_user_id, status, muted_until, ver, told_seq, told_ver, rev, told_rev FROM room",
    );
  }

  createConversation(row: StoredConversation): void {
    this.migrator.migrate();
    this.sql.exec(
      "INSERT INTO room (id, conversation_id, created_at, creator_user_id, status, muted_until, ver, told_seq, told_ver) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.conversation_id,
      row.created_at,
      row.creator_user_id,
      row.status,
      row.muted_until,
      row.ver,
      row.told_seq,
      row.told_ver,
    );
  }

  updateConversation(status: GroupStatus, mutedUntil: Millis, { ver, rev }: Pick<Version, "ver" | "rev">): void {
    this.sql.exec("UPDATE room SET status = ?, muted_until = ?, ver = ?, rev = ?", status, mutedUntil, ver, rev);
  }

  newest(): StoredMessage | undefined {
    return first<StoredMessage>(this.sql, `SELECT ${MESSAGE} FROM messages ORDER BY seq DESC LIMIT 1`);
  }

  message(seq: number): StoredMessage | undefined {
    return first<StoredMessage>(this.sql, `SELECT ${MESSAGE} FROM messages WHERE seq = ?`, seq);
  }

  messageByClientId(senderId: string, clientMessageId: string): StoredMessage | undefined {
    return first<StoredMessage>(
      this.sql,
      `SELECT ${MESSAGE} FROM messages WHERE sender_id = ? AND client_msg_id = ? AND msg_type < 1000`,
      senderId,
      clientMessageId,
    );
  }

  messages(from: number, to: number): StoredMessage[] {
    return this.sql
      .exec<StoredMessage>(`SELECT ${MESSAGE} FROM messages WHERE seq BETWEEN ? AND ? ORDER BY seq`, from, to)
      .toArray();
  }

  /** Messages in the contract's form. @param conversation the parameters of LINE_SQL */
  lines(
    conversation: ReturnType<typeof lineParameters>,
    { from, to, order }: { from: number; to: number; order: "asc" | "desc" },
  ): string[] {
    return this.sql
      .exec<{ line: string }>(
        `SELECT ${LINE_SQL} AS line FROM messages WHERE seq BETWEEN ?6 AND ?7
         ORDER BY seq ${order === "asc" ? "ASC" : "DESC"}`,
        ...conversation,
        from,
        to,
      )
      .toArray()
      .map(({ line }) => line);
  }

  messagesBySeq(seqs: readonly number[]): StoredMessage[] {
    return this.sql
      .exec<StoredMessage>(
        `SELECT ${MESSAGE} FROM messages WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,
        JSON.stringify(seqs),
      )
      .toArray();
  }

  /** @returns false, and stores nothing, if the sender's client_msg_id is already known. */
  insertMessage(message: StoredMessage): boolean {
    try {
      this.sql.exec(
        `INSERT INTO messages (seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable, meta)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        message.seq,
        message.server_msg_id,
        message.sender_id,
        message.client_msg_id,
        message.msg_type,
        message.content,
        message.send_at,
        message.countable,
        message.meta,
      );
      return true;
    } catch (error) {
      if (this.messageByClientId(message.sender_id, message.client_msg_id)) return false;
      throw error;
    }
  }

  /** Writes the new state of a message that exists. */
  updateMessage({ seq, content, rev, loud_rev, meta, amended }: StoredMessage): void {
    this.sql.exec(
      "UPDATE messages SET content = ?, rev = ?, loud_rev = ?, meta = ?, amended = ? WHERE seq = ?",
      content,
      rev,
      loud_rev,
      meta,
      amended,
      seq,
    );
  }

  /** The rev of the last change of any message; 0 if none was changed. */
  maxRev(): number {
    return first<{ rev: number | null }>(this.sql, "SELECT max(rev) AS rev FROM messages WHERE rev > 0")?.rev ?? 0;
  }

  /** The rev of the last change after a rev of which inboxes are told; that rev if there is none. */
  maxLoudRev(after: number): number {
    const query = "SELECT max(loud_rev) AS rev FROM messages INDEXED BY messages_by_rev WHERE rev > 0 AND rev > ?";
    return Math.max(after, first<{ rev: number | null }>(this.sql, query, after)?.rev ?? 0);
  }

  /** The messages of a range that changed after a rev, oldest change first. */
  changedMessages(after: number, { from, to, limit }: { from: number; to: number; limit: number }): StoredMessage[] {
    // Without the hint, SQLite may read the whole range of seqs.
    const query = `SELECT ${MESSAGE} FROM messages INDEXED BY messages_by_rev
      WHERE rev > 0 AND rev > ? AND seq BETWEEN ? AND ? ORDER BY rev LIMIT ?`;
    return this.sql.exec<StoredMessage>(query, after, from, to, limit).toArray();
  }

  /** How many messages changed after a rev; counts up to `most`. */
  countChanged(after: number, most: number): number {
    const query =
      "SELECT count(*) AS count FROM (SELECT 1 FROM messages INDEXED BY messages_by_rev WHERE rev > 0 AND rev > ? LIMIT ?)";
    return first<{ count: number }>(this.sql, query, after, most)?.count ?? 0;
  }

  /** The seqs of a range whose messages were changed. */
  changedSeqs(from: number, to: number): number[] {
    return this.sql
      .exec<{ seq: number }>("SELECT seq FROM messages WHERE seq BETWEEN ? AND ? AND +rev > 0", from, to)
      .toArray()
      .map(({ seq }) => seq);
  }

  updateOwnRev(userId: string, rev: number): void {
    this.sql.exec("UPDATE members SET own_rev = ? WHERE user_id = ?", rev, userId);
  }

  /** Countable messages up to a seq. */
  countableAt(seq: number): number {
    const row = first<{ countable: number }>(
      this.sql,
      "SELECT countable FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT 1",
      seq,
    );
    return row?.countable ?? 0;
  }

  activeMembers(): Member[] {
    return this.sql.exec<MemberRow>(`SELECT ${MEMBER} FROM members WHERE status = 1`).toArray();
  }

  /** The active members among some users. */
  activeAmong(userIds: readonly string[]): Member[] {
    if (userIds.length === 0) return [];
    return this.sql
      .exec<MemberRow>(
        `SELECT ${MEMBER} FROM members WHERE user_id IN (SELECT value FROM json_each(?)) AND status = 1`,
        JSON.stringify(userIds),
      )
      .toArray();
  }

  /** The active members whose row changed after a ver. Reads all active members. */
  changedAfter(ver: number): string[] {
    return this.sql
      .exec<{ user_id: string }>("SELECT user_id FROM members WHERE status = 1 AND ver > ?", ver)
      .toArray()
      .map(({ user_id }) => user_id);
  }

  ownerId(): string | undefined {
    const query = "SELECT user_id FROM members WHERE status = 1 AND role = 3 LIMIT 1";
    return first<{ user_id: string }>(this.sql, query)?.user_id;
  }

  /** Active members in the order of lists: by role, then by joining. @param after where the page before ended */
  memberPage(after: Place | undefined, limit: number): Member[] {
    const { role, join_seq, joined_at, user_id } = after ?? { role: 4, join_seq: 0, joined_at: 0, user_id: "" };
    return this.sql
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
    return this.sql
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
   */
  unwrittenReads(after: number): { user_id: string; read_seq: number; read_count: number; bytes: number }[] {
    return this.sql
      .exec<{ user_id: string; read_seq: number; read_count: number; bytes: number }>(
        `SELECT m.user_id, max(s.seq) AS read_seq, max(s.countable) AS read_count,
           sum(length(CAST(s.content AS BLOB))) AS bytes
         FROM messages AS s JOIN members AS m ON m.user_id = s.sender_id
         WHERE s.seq > ? AND s.seq > m.read_seq AND m.status = 1 GROUP BY m.user_id`,
        after,
      )
      .toArray();
  }

  member(userId: string): Member | undefined {
    return first<MemberRow>(this.sql, `SELECT ${MEMBER} FROM members WHERE user_id = ?`, userId);
  }

  /** Which of these have a row, as present or former members. */
  membersAmong(userIds: readonly string[]): string[] {
    return this.sql
      .exec<{ user_id: string }>(
        "SELECT user_id FROM members WHERE user_id IN (SELECT value FROM json_each(?))",
        JSON.stringify(userIds),
      )
      .toArray()
      .map(({ user_id }) => user_id);
  }

  putMember(member: Member): void {
    this.sql.exec(
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
    this.sql.exec(
      "UPDATE members SET read_seq = ?, read_count = ?, ver = ?, sent_bytes = ? WHERE user_id = ?",
      member.read_seq,
      member.read_count,
      member.ver,
      member.sent_bytes,
      member.user_id,
    );
  }

  /** The members who are behind the room's mark, and the version that each has been told. */
  behind(): Map<string, Version> {
    const rows = this.sql.exec<BehindRow>("SELECT user_id, seq, ver, rev FROM behind").toArray();
    return new Map(rows.map(({ user_id, ...version }) => [user_id, version]));
  }

  putBehind(userId: string, { seq, ver, rev }: Version): void {
    this.sql.exec("INSERT OR REPLACE INTO behind (user_id, seq, ver, rev) VALUES (?, ?, ?, ?)", userId, seq, ver, rev);
  }

  deleteBehind(userId: string): void {
    this.sql.exec("DELETE FROM behind WHERE user_id = ?", userId);
  }

  /** Stores the version that everyone has been told, except the members in `behind`. */
  updateTold({ seq, ver, rev }: Version): void {
    this.sql.exec("UPDATE room SET told_seq = ?, told_ver = ?, told_rev = ?", seq, ver, rev);
  }
}
