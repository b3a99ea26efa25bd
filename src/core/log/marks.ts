import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import { LIMITS } from "../../protocol/limits.ts";

const STEPS = [
  `
  -- One message, marked for one user: mentioned ("*" for all), deleted by them, and sent in their name but not read by
  -- them; recalled and pinned for everyone ("").
  CREATE TABLE marks (
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (kind, user_id, seq)
  ) STRICT, WITHOUT ROWID;
  `,
];

export type MarkKind = "mention" | "deleted" | "unread" | "recalled" | "pinned";
export type Mark = { seq: number; rev: number };

/** The user of a mark for a mention of everyone. No user has this id. */
export const EVERYONE = "*";
/** The user of a mark for a recall and a pin. */
const ALL = "";

/** How many counts of recalled messages are remembered. [MEM-1] */
const MAX_COUNTS = 1_000;

/** Marks of messages, and what they take from unread counts. Most conversations have none, and no table for them. */
export class Marks {
  readonly #sql: Sql;
  readonly #tables: Migrator;
  /** Recalled messages after a seq: most members have read up to one of a few seqs. */
  readonly #recalledAfter = new Map<number, number>();
  /** Whether there is any message that its sender has not read; undefined if that was not looked up yet. */
  #hasUnread: boolean | undefined;

  constructor(sql: Sql, migrator: Migrator) {
    this.#sql = sql;
    this.#tables = migrator.part("marks", { steps: STEPS });
  }

  /** Forgets what is remembered, after a transaction that failed. */
  reset(): void {
    this.#recalledAfter.clear();
    this.#hasUnread = undefined;
  }

  /** Whether a message was ever marked. */
  get isBorn(): boolean {
    return this.#tables.isBorn;
  }

  /** Marks a message. It must not be marked so yet. */
  put(kind: MarkKind, seq: number, rev: number, userId = ALL): void {
    this.#tables.migrate();
    if (kind === "recalled") this.#recalledAfter.clear();
    if (kind === "unread") this.#hasUnread = true;
    this.#sql.exec("INSERT INTO marks (kind, user_id, seq, rev) VALUES (?, ?, ?, ?)", kind, userId, seq, rev);
  }

  remove(kind: MarkKind, seq: number, userId = ALL): void {
    if (!this.#tables.isBorn) return;
    this.#sql.exec("DELETE FROM marks WHERE kind = ? AND user_id = ? AND seq = ?", kind, userId, seq);
  }

  has(kind: MarkKind, seq: number, userId = ALL): boolean {
    return this.between(kind, { from: seq, to: seq }, userId).length > 0;
  }

  count(kind: MarkKind, userId = ALL): number {
    if (!this.#tables.isBorn) return 0;
    const query = "SELECT count(*) AS count FROM marks WHERE kind = ? AND user_id = ?";
    return first<{ count: number }>(this.#sql, query, kind, userId)?.count ?? 0;
  }

  /** Marks of a range of seqs, in their order. */
  between(kind: MarkKind, { from, to }: { from: number; to: number }, userId = ALL): Mark[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT seq, rev FROM marks WHERE kind = ? AND user_id = ? AND seq BETWEEN ? AND ? ORDER BY seq";
    return this.#sql.exec<Mark>(query, kind, userId, from, to).toArray();
  }

  /** The newest seq of a range that a user has not marked so; `from - 1` if they have marked all. */
  newestWithout(kind: MarkKind, { from, to }: { from: number; to: number }, userId: string): number {
    if (!this.#tables.isBorn) return to;
    // Goes down from the newest and ends at the first hole, so it reads no other marks, however many there are.
    const query = `SELECT min(seq) AS seq FROM (WITH RECURSIVE run (seq) AS (
        SELECT ?3 UNION ALL
        SELECT run.seq - 1 FROM run JOIN marks AS m ON m.kind = ?1 AND m.user_id = ?2 AND m.seq = run.seq
        WHERE run.seq >= ?4)
      SELECT seq FROM run)`;
    return first<{ seq: number }>(this.#sql, query, kind, userId, to, from)?.seq ?? to;
  }

  /** Marks of one user that came after a rev, oldest first. */
  since(kind: MarkKind, rev: number, userId = ALL): Mark[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT seq, rev FROM marks WHERE kind = ? AND user_id = ? AND rev > ? ORDER BY rev";
    return this.#sql.exec<Mark>(query, kind, userId, rev).toArray();
  }

  /** Recalled messages after a seq, up to the newest. */
  recalledAfter(seq: number): number {
    if (!this.#tables.isBorn) return 0;
    const known = this.#recalledAfter.get(seq);
    if (known !== undefined) return known;
    const query = "SELECT count(*) AS count FROM marks WHERE kind = 'recalled' AND user_id = '' AND seq > ?";
    const count = first<{ count: number }>(this.#sql, query, seq)?.count ?? 0;
    if (this.#recalledAfter.size >= MAX_COUNTS) this.#recalledAfter.clear();
    this.#recalledAfter.set(seq, count);
    return count;
  }

  /** Countable messages after `after`, up to `to`, that this user deleted for themselves and that were not recalled. */
  deletedUnread(userId: string, after: number, to: number): number {
    if (!this.#tables.isBorn) return 0;
    const query = `SELECT count(*) AS count FROM marks AS d JOIN messages AS m ON m.seq = d.seq
      WHERE d.kind = 'deleted' AND d.user_id = ?1 AND d.seq > ?2 AND d.seq <= ?3 AND m.msg_type < 1000
      AND NOT EXISTS (SELECT 1 FROM marks WHERE kind = 'recalled' AND user_id = '' AND seq = d.seq)`;
    return first<{ count: number }>(this.#sql, query, userId, after, to)?.count ?? 0;
  }

  /** The newest message after a seq that was sent in a user's name and that they have not read; 0 if there is none. */
  unreadOwn(userId: string, after: number): number {
    if (!this.#tables.isBorn) return 0;
    this.#hasUnread ??= first(this.#sql, "SELECT 1 FROM marks WHERE kind = 'unread' LIMIT 1") !== undefined;
    if (!this.#hasUnread) return 0;
    const query = "SELECT max(seq) AS seq FROM marks WHERE kind = 'unread' AND user_id = ? AND seq > ?";
    return first<{ seq: number | null }>(this.#sql, query, userId, after)?.seq ?? 0;
  }

  /**
   * Mentions of a user after a seq, up to another: how many, at most 100, and the first. The bound keeps the cost of
   * an update small for a member who reads nothing while everyone is mentioned again and again.
   */
  mentions(userId: string, after: number, to: number): { count: number; first: number } {
    if (!this.#tables.isBorn) return { count: 0, first: 0 };
    const of = (
      user: string,
    ) => `SELECT seq FROM (SELECT seq FROM marks AS m WHERE kind = 'mention' AND user_id = ${user}
      AND seq > ?2 AND seq <= ?3
      AND NOT EXISTS (SELECT 1 FROM marks WHERE kind = 'deleted' AND user_id = ?1 AND seq = m.seq)
      ORDER BY seq LIMIT ?4)`;
    const query = `SELECT count(*) AS count, coalesce(min(seq), 0) AS first FROM (
      ${of("?1")} UNION ${of("'*'")} ORDER BY seq LIMIT ?4)`;
    const found = first<{ count: number; first: number }>(this.#sql, query, userId, after, to, LIMITS.countedMentions);
    return found ?? { count: 0, first: 0 };
  }

  /** The newest messages before a seq that mention a user, newest first. */
  mentionsBefore(userId: string, { from, before, limit }: { from: number; before: number; limit: number }): number[] {
    if (!this.#tables.isBorn) return [];
    const query = `SELECT DISTINCT seq FROM marks WHERE kind = 'mention' AND user_id IN (?1, '*')
      AND seq >= ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4`;
    return this.#sql
      .exec<Mark>(query, userId, from, before, limit)
      .toArray()
      .map(({ seq }) => seq);
  }
}
