import type { InboxStore } from "../../core/list/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";

const STEPS = [
  `
  CREATE TABLE export (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    export_id TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    -- When its parts are deleted.
    expires_at INTEGER NOT NULL,
    -- The parts that R2 has, and their bytes.
    parts INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    -- Where the next part begins: after this conversation, or within it if seq is not 0.
    conversation_id TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    is_ready INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  `,
  // Whether the bound of bytes left something out.
  "ALTER TABLE export ADD COLUMN is_cut INTEGER NOT NULL DEFAULT 0;",
];

export type ExportRow = {
  readonly export_id: string;
  readonly requested_at: Millis;
  readonly expires_at: Millis;
  readonly parts: number;
  readonly size: number;
  readonly conversation_id: string;
  readonly seq: number;
  readonly is_ready: number;
  readonly is_cut: number;
};

const COLUMNS = "export_id, requested_at, expires_at, parts, size, conversation_id, seq, is_ready, is_cut";

/** The one export of a user, as long as it lasts. */
export class ExportStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("export", { steps: STEPS });
  }

  get row(): ExportRow | undefined {
    return this.#tables.isBorn ? first<ExportRow>(this.#sql, `SELECT ${COLUMNS} FROM export`) : undefined;
  }

  put({ export_id, requested_at, expires_at, parts, size, conversation_id, seq, is_ready, is_cut }: ExportRow): void {
    this.#tables.migrate();
    this.#sql.exec(
      `INSERT OR REPLACE INTO export (id, ${COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      export_id,
      requested_at,
      expires_at,
      parts,
      size,
      conversation_id,
      seq,
      is_ready,
      is_cut,
    );
  }

  delete(): void {
    if (this.#tables.isBorn) this.#sql.exec("DELETE FROM export");
  }
}
