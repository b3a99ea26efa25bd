import type { ConversationStore } from "../../core/log/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { Reaction } from "./calls.ts";

const STEPS = [
  `CREATE TABLE reactions (
    seq INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    emoji TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (seq, user_id, emoji)
  ) STRICT, WITHOUT ROWID;`,
];

/** Who reacted to which message. How many did is in the message itself. */
export class ReactionStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: ConversationStore) {
    this.#sql = sql;
    this.#tables = migrator.part("reactions", { steps: STEPS });
  }

  /** The reactions of one user to one message. */
  of(seq: number, userId: string): string[] {
    return [...(this.byUser(userId, [seq]).get(seq) ?? [])];
  }

  /** The reactions of one user to some messages, by seq, in the order in which they gave them. */
  byUser(userId: string, seqs: readonly number[]): ReadonlyMap<number, readonly string[]> {
    const reactions = new Map<number, string[]>();
    if (!this.#tables.isBorn) return reactions;
    // All of them as one row: a row costs more on its way to JavaScript than its part of a JSON text.
    const query = `SELECT json_group_array(json_array(r.seq, r.at, r.emoji)) AS rows FROM json_each(?) AS asked
      CROSS JOIN reactions AS r ON r.seq = asked.value AND r.user_id = ?`;
    const found = first<{ rows: string }>(this.#sql, query, JSON.stringify(seqs), userId);
    const given: [seq: number, at: number, emoji: string][] = JSON.parse(found?.rows ?? "[]");
    given.sort(([, a], [, b]) => a - b);
    for (const [seq, , emoji] of given) reactions.set(seq, [...(reactions.get(seq) ?? []), emoji]);
    return reactions;
  }

  put(seq: number, { user_id, emoji, at }: Reaction): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT INTO reactions (seq, user_id, emoji, at) VALUES (?, ?, ?, ?)", seq, user_id, emoji, at);
  }

  remove(seq: number, userId: string, emoji: string): void {
    this.#sql.exec("DELETE FROM reactions WHERE seq = ? AND user_id = ? AND emoji = ?", seq, userId, emoji);
  }

  /** Some of the messages to which a user reacted. Reads all reactions: it serves the erasure of an account only. */
  seqsOf(userId: string, limit: number): number[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT DISTINCT seq FROM reactions WHERE user_id = ? ORDER BY seq LIMIT ?";
    return this.#sql
      .exec<{ seq: number }>(query, userId, limit)
      .toArray()
      .map(({ seq }) => seq);
  }

  /** Deletes all reactions to a message. */
  clear(seq: number): void {
    if (this.#tables.isBorn) this.#sql.exec("DELETE FROM reactions WHERE seq = ?", seq);
  }

  /** Reactions to a message, by user_id and emoji. @param after the last of the previous page, "" and "" for the first */
  page(seq: number, after: Pick<Reaction, "user_id" | "emoji">, emoji: string | undefined, limit: number): Reaction[] {
    if (!this.#tables.isBorn) return [];
    const query = `SELECT user_id, emoji, at FROM reactions WHERE seq = ?1 AND (user_id, emoji) > (?2, ?3)
      AND (?4 IS NULL OR emoji = ?4) ORDER BY user_id, emoji LIMIT ?5`;
    return this.#sql.exec<Reaction>(query, seq, after.user_id, after.emoji, emoji ?? null, limit).toArray();
  }
}
