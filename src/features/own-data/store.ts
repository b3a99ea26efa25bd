import type { InboxStore } from "../../core/list/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { OwnItem } from "./calls.ts";

const STEPS = [
  `
  CREATE TABLE own_data (
    key TEXT PRIMARY KEY,
    -- '' for what was deleted, so that other devices learn of it.
    value TEXT NOT NULL,
    rev INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE own_data_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Deletions up to this rev are forgotten.
    floor INTEGER NOT NULL
  ) STRICT;
  `,
];

/** How many deletions are remembered; before them, a device reads everything again. [MEM-1] */
const MOST_DELETED = 500;

/** The rows of a user's small data. A user who stores none has no tables. */
export class OwnDataStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("own_data", { steps: STEPS });
  }

  /** The newest rev; 0 if nothing was ever stored. */
  get rev(): number {
    const query = "SELECT max(rev) AS rev FROM own_data";
    const newest = this.#tables.isBorn ? first<{ rev: number | null }>(this.#sql, query)?.rev : 0;
    return Math.max(newest ?? 0, this.floor);
  }

  /** A rev that a device must have reached, or it may keep what was deleted. */
  get floor(): number {
    if (!this.#tables.isBorn) return 0;
    return first<{ floor: number }>(this.#sql, "SELECT floor FROM own_data_state")?.floor ?? 0;
  }

  get(key: string): string {
    if (!this.#tables.isBorn) return "";
    return first<{ value: string }>(this.#sql, "SELECT value FROM own_data WHERE key = ?", key)?.value ?? "";
  }

  /** How many keys have a value. */
  count(): number {
    const query = "SELECT count(*) AS count FROM own_data WHERE value <> ''";
    return this.#tables.isBorn ? (first<{ count: number }>(this.#sql, query)?.count ?? 0) : 0;
  }

  /** What changed after a rev, the oldest change first. */
  since(rev: number): OwnItem[] {
    if (!this.#tables.isBorn) return [];
    return this.#sql.exec<OwnItem>("SELECT key, value, rev FROM own_data WHERE rev > ? ORDER BY rev", rev).toArray();
  }

  put({ key, value, rev }: OwnItem): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR REPLACE INTO own_data (key, value, rev) VALUES (?, ?, ?)", key, value, rev);
    if (value === "") this.#forget();
  }

  /** Forgets the oldest deletions beyond those that are remembered. */
  #forget(): void {
    const query = "SELECT rev FROM own_data WHERE value = '' ORDER BY rev DESC LIMIT 1 OFFSET ?";
    const oldest = first<{ rev: number }>(this.#sql, query, MOST_DELETED)?.rev;
    if (oldest === undefined) return;
    this.#sql.exec("DELETE FROM own_data WHERE value = '' AND rev <= ?", oldest);
    this.#sql.exec("INSERT OR REPLACE INTO own_data_state (id, floor) VALUES (1, ?)", oldest);
  }
}
