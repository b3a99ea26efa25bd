import { first, type Sql } from "./sql.ts";

/**
 * The schema of an object, as an append-only list of steps.
 *
 * An object that was never written to has no tables, so that reading an object that does not exist stores nothing:
 * `isBorn` checks for tables, `migrate` creates them with the first write. A version newer than this list (a release
 * was rolled back) is left as it is, since steps only add.
 */
export class Migrator {
  readonly #sql: Sql;
  readonly #steps: readonly string[];
  #version: number;

  constructor(sql: Sql, steps: readonly string[]) {
    this.#sql = sql;
    this.#steps = steps;
    this.#version = this.#stored();
    if (this.isBorn) this.migrate();
  }

  /** Whether the object ever stored anything. */
  get isBorn(): boolean {
    return this.#version > 0;
  }

  /** Brings the schema up to date. Call it in the transaction of the first write. */
  migrate(): void {
    if (this.#version >= this.#steps.length) return;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT");
    for (const step of this.#steps.slice(this.#version)) this.#sql.exec(step);
    this.#sql.exec("INSERT OR REPLACE INTO schema_version (version) VALUES (?)", this.#steps.length);
    this.#version = this.#steps.length;
  }

  /** Call this when the transaction that called `migrate` was rolled back. */
  reset(): void {
    this.#version = this.#stored();
  }

  #stored(): number {
    const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
    if (!first(this.#sql, query)) return 0;
    const row = first<{ version: number }>(this.#sql, "SELECT max(version) AS version FROM schema_version");
    return row?.version ?? 0;
  }
}
