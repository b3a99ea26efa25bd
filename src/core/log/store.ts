import { utf8 } from "../../durable/json.ts";
import { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { GroupStatus } from "../../protocol/group-model.ts";
import type { Millis } from "../../protocol/model.ts";
import type { Version } from "../version.ts";
import { MemberStore } from "./member-store.ts";
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

type BehindRow = { user_id: string; seq: number; ver: number; rev: number };

const MESSAGE =
  "seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable, rev, loud_rev, meta, amended";

/** Messages to be sent, with what the reader needs to know of them. */
export interface MessagePage {
  /** JSON of the messages, joined by commas, as UTF-8. */
  readonly lines: Uint8Array;
  /** The seqs of those that were changed. */
  readonly changed: readonly number[];
  /** The seqs that they reply to. */
  readonly replied: readonly number[];
}

/** Messages that are joined to one row. Each is below 40 KB, and a row is at most 2 MB. */
const JOINED = 25;

/** The tables of a Conversation that the core uses. Features have their own stores in the same database. */
export class ConversationStore {
  readonly sql: Sql;
  readonly migrator: Migrator;
  readonly members: MemberStore;

  constructor(sql: Sql) {
    this.sql = sql;
    this.migrator = new Migrator(sql, { steps: STEPS, whole: WHOLE });
    this.members = new MemberStore(sql);
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

  /** Messages of a sender, notices left out, in the order of their client_msg_ids. @param after where the last ended */
  messagesOf(senderId: string, after: string, limit: number): StoredMessage[] {
    // Without the hint, SQLite may read all messages in the order of their seqs.
    const query = `SELECT ${MESSAGE} FROM messages INDEXED BY messages_by_client
      WHERE msg_type < 1000 AND sender_id = ? AND client_msg_id > ? ORDER BY client_msg_id LIMIT ?`;
    return this.sql.exec<StoredMessage>(query, senderId, after, limit).toArray();
  }

  messages(from: number, to: number): StoredMessage[] {
    return this.sql
      .exec<StoredMessage>(`SELECT ${MESSAGE} FROM messages WHERE seq BETWEEN ? AND ? ORDER BY seq`, from, to)
      .toArray();
  }

  /**
   * Messages in the contract's form. SQLite joins them: a row on its way to JavaScript costs more than the message in
   * it.
   * @param conversation the parameters of LINE_SQL
   */
  page(
    conversation: ReturnType<typeof lineParameters>,
    { from, to, order }: { from: number; to: number; order: "asc" | "desc" },
  ): MessagePage {
    const query = `SELECT CAST(group_concat(line, ',') AS BLOB) AS lines,
        json_group_array(seq) FILTER (WHERE rev > 0) AS changed,
        json_group_array(meta ->> 'reply_to') FILTER (WHERE meta ->> 'reply_to' > 0) AS replied
      FROM (SELECT seq, rev, meta, ${LINE_SQL} AS line FROM messages WHERE seq BETWEEN ?6 AND ?7
        ORDER BY seq ${order === "asc" ? "ASC" : "DESC"})`;
    const rows: { lines: ArrayBuffer | null; changed: string; replied: string }[] = [];
    for (let start = from; start <= to; start += JOINED) {
      const end = Math.min(to, start + JOINED - 1);
      rows.push(...this.sql.exec<(typeof rows)[number]>(query, ...conversation, start, end).toArray());
    }
    if (order === "desc") rows.reverse();
    const lines = rows.flatMap(({ lines: some }) => (some ? [",", new Uint8Array(some)] : [])).slice(1);
    const seqs = (lists: readonly string[]) => lists.flatMap((list): number[] => JSON.parse(list));
    return {
      lines: utf8(...lines),
      changed: seqs(rows.map(({ changed }) => changed)),
      replied: seqs(rows.map(({ replied }) => replied)),
    };
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

  /** Countable messages up to a seq. */
  countableAt(seq: number): number {
    const row = first<{ countable: number }>(
      this.sql,
      "SELECT countable FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT 1",
      seq,
    );
    return row?.countable ?? 0;
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
