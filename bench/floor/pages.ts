import { DurableObject } from "cloudflare:workers";
import type { FloorEnv } from "./env.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, server_msg_id INTEGER, sender_id TEXT, client_msg_id TEXT, msg_type INTEGER,
    content TEXT, send_at INTEGER, countable INTEGER
  );
  CREATE TABLE IF NOT EXISTS conversations (
    conversation_id TEXT PRIMARY KEY, change INTEGER, seq INTEGER, ver INTEGER, min_seq INTEGER, read_seq INTEGER,
    unread INTEGER, role INTEGER, status INTEGER, is_pinned INTEGER, updated_at INTEGER, preview TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_time ON conversations (is_pinned DESC, updated_at DESC);
  CREATE INDEX IF NOT EXISTS by_change ON conversations (change);
`;

/** Tables like the server's, and the selects of its reads, as JSON. */
export class Pages extends DurableObject<FloorEnv> {
  fillMessages(count: number, content: string): void {
    this.ctx.storage.sql.exec(SCHEMA);
    this.ctx.storage.sql.exec(
      `INSERT INTO messages
       SELECT value, 5000000000000 + value, 'user-1', 'message-' || value, 1, ?, 1700000000000 + value, value
       FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ?) SELECT value FROM n)`,
      content,
      count,
    );
  }

  fillList(ids: readonly string[], preview: string): void {
    this.ctx.storage.sql.exec(SCHEMA);
    this.ctx.storage.sql.exec(
      `INSERT INTO conversations
       SELECT value, 1000 + key, 1, 1, 1, 0, 1, 1, 1, 0, 1700000000000 + key, ? FROM json_each(?)`,
      preview,
      JSON.stringify(ids),
    );
  }

  pull(from: number): string {
    const rows = this.ctx.storage.sql
      .exec("SELECT * FROM messages WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT 100", from, from + 99)
      .toArray();
    return JSON.stringify(rows);
  }

  list(limit: number): Promise<string> {
    return this.#named("SELECT * FROM conversations ORDER BY is_pinned DESC, updated_at DESC LIMIT ?", limit);
  }

  sync(since: number, limit: number): Promise<string> {
    return this.#named("SELECT * FROM conversations WHERE change > ? ORDER BY change LIMIT ?", since, limit);
  }

  /** The rows with the names of their peers, which are in D1. */
  async #named(query: string, ...bindings: number[]): Promise<string> {
    const rows = this.ctx.storage.sql.exec<{ conversation_id: string }>(query, ...bindings).toArray();
    const ids = JSON.stringify(rows.map((row) => row.conversation_id));
    const names = await this.env.DB.prepare(
      "SELECT user_id, nickname, avatar FROM users WHERE user_id IN (SELECT value FROM json_each(?))",
    )
      .bind(ids)
      .all<{ user_id: string }>();
    const byId = new Map(names.results.map((row) => [row.user_id, row]));
    return JSON.stringify(rows.map((row) => ({ ...row, ...byId.get(row.conversation_id) })));
  }
}
