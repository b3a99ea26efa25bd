import type { ConversationStore } from "../../core/log/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";

const STEPS = [
  `
  -- The files that messages name. seq 0 stands for the picture of the group.
  CREATE TABLE media (
    media_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (media_id, seq)
  ) STRICT, WITHOUT ROWID;

  -- Files that no message names any more: to be deleted, or deleted and not to be named again.
  CREATE TABLE media_gone (
    media_id TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The seq of a group's picture. */
export const PICTURE = 0;

/** The rows of a Conversation about the files of its messages. */
export class ReferenceStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: ConversationStore) {
    this.#sql = sql;
    this.#tables = migrator.part("media", { steps: STEPS });
  }

  put(mediaId: string, seq: number): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR IGNORE INTO media (media_id, seq) VALUES (?, ?)", mediaId, seq);
  }

  /** @returns whether there was such a reference, and it was the last one of this file */
  delete(mediaId: string, seq: number): boolean {
    if (!this.#tables.isBorn || !first(this.#sql, "SELECT 1 FROM media WHERE media_id = ? AND seq = ?", mediaId, seq)) {
      return false;
    }
    this.#sql.exec("DELETE FROM media WHERE media_id = ? AND seq = ?", mediaId, seq);
    return first(this.#sql, "SELECT 1 FROM media WHERE media_id = ? LIMIT 1", mediaId) === undefined;
  }

  /** The files of a seq. Reads all references: messages say themselves which files they name. */
  of(seq: number): string[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT media_id FROM media WHERE seq = ?";
    return this.#sql
      .exec<{ media_id: string }>(query, seq)
      .toArray()
      .map(({ media_id }) => media_id);
  }

  sentBy(userId: string): { media_id: string; seq: number }[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT media_id, media.seq AS seq FROM media JOIN messages USING (seq) WHERE sender_id = ?";
    return this.#sql.exec<{ media_id: string; seq: number }>(query, userId).toArray();
  }

  putGone(mediaId: string, expiresAt: Millis): void {
    const query = "INSERT OR REPLACE INTO media_gone (media_id, expires_at, is_deleted) VALUES (?, ?, 0)";
    this.#sql.exec(query, mediaId, expiresAt);
  }

  isGone(mediaId: string): boolean {
    if (!this.#tables.isBorn) return false;
    return first(this.#sql, "SELECT 1 FROM media_gone WHERE media_id = ?", mediaId) !== undefined;
  }

  /** Those of some files that are named, or wait for their deletion. */
  kept(mediaIds: readonly string[]): string[] {
    if (!this.#tables.isBorn) return [];
    const query = `SELECT value AS media_id FROM json_each(?)
      WHERE value IN (SELECT media_id FROM media) OR value IN (SELECT media_id FROM media_gone WHERE is_deleted = 0)`;
    const rows = this.#sql.exec<{ media_id: string }>(query, JSON.stringify(mediaIds)).toArray();
    return rows.map(({ media_id }) => media_id);
  }

  toDelete(limit: number): string[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT media_id FROM media_gone WHERE is_deleted = 0 LIMIT ?";
    return this.#sql
      .exec<{ media_id: string }>(query, limit)
      .toArray()
      .map(({ media_id }) => media_id);
  }

  /** These files were deleted. Each is remembered until its media_id expires: no message may name it again. */
  deleted(mediaIds: readonly string[], now: Millis): void {
    const among = "media_id IN (SELECT value FROM json_each(?))";
    this.#sql.exec(`UPDATE media_gone SET is_deleted = 1 WHERE ${among}`, JSON.stringify(mediaIds));
    this.#sql.exec("DELETE FROM media_gone WHERE is_deleted = 1 AND expires_at <= ?", now);
  }
}
