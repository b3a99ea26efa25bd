import type { InboxStore } from "../../core/list/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";

const STEPS = [
  `
  CREATE TABLE uploads (
    media_id TEXT PRIMARY KEY,
    -- "" for an avatar.
    conversation_id TEXT NOT NULL,
    -- Bytes that count against the day.
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    -- When the file is deleted, unless it is in use by then; null for an avatar in use.
    collect_at INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
];

export type Upload = {
  media_id: string;
  conversation_id: string;
  size: number;
  at: Millis;
  collect_at: Millis | null;
};

/** The rows of an Inbox about its user's uploads. */
export class UploadStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("media", { steps: STEPS });
  }

  put({ media_id, conversation_id, size, at, collect_at }: Upload): void {
    this.#tables.migrate();
    const query = "INSERT INTO uploads (media_id, conversation_id, size, at, collect_at) VALUES (?, ?, ?, ?, ?)";
    this.#sql.exec(query, media_id, conversation_id, size, at, collect_at);
  }

  updateSize(mediaId: string, size: number): void {
    if (this.#tables.isBorn) this.#sql.exec("UPDATE uploads SET size = ? WHERE media_id = ?", size, mediaId);
  }

  /** Sizes and times of the uploads since a time, oldest first. */
  since(time: Millis): { size: number; at: Millis }[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT size, at FROM uploads WHERE at > ? ORDER BY at";
    return this.#sql.exec<{ size: number; at: Millis }>(query, time).toArray();
  }

  due(now: Millis, limit: number): Upload[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT media_id, conversation_id, size, at, collect_at FROM uploads WHERE collect_at <= ? LIMIT ?";
    return this.#sql.exec<Upload>(query, now, limit).toArray();
  }

  nextDue(): Millis | null {
    if (!this.#tables.isBorn) return null;
    return first<{ at: Millis | null }>(this.#sql, "SELECT min(collect_at) AS at FROM uploads")?.at ?? null;
  }

  /** Avatars in use are looked at again. @returns whether there are any */
  recollectAvatars(at: Millis): boolean {
    if (!this.#tables.isBorn) return false;
    if (!first(this.#sql, "SELECT 1 FROM uploads WHERE collect_at IS NULL LIMIT 1")) return false;
    this.#sql.exec("UPDATE uploads SET collect_at = ? WHERE collect_at IS NULL", at);
    return true;
  }

  keepAvatar(mediaId: string): void {
    this.#sql.exec("UPDATE uploads SET collect_at = NULL WHERE media_id = ?", mediaId);
  }

  get isEmpty(): boolean {
    return !this.#tables.isBorn || !first(this.#sql, "SELECT 1 FROM uploads LIMIT 1");
  }

  /** All files are due now. */
  collectAll(now: Millis): void {
    if (this.#tables.isBorn) this.#sql.exec("UPDATE uploads SET collect_at = ?", now);
  }

  delete(mediaIds: readonly string[]): void {
    const query = "DELETE FROM uploads WHERE media_id IN (SELECT value FROM json_each(?))";
    this.#sql.exec(query, JSON.stringify(mediaIds));
  }
}
