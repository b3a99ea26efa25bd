import { first, type Sql } from "./sql.ts";

/**
 * The schema of an object as a list of steps that is only ever added to.
 *
 * An object that was never written to stays without tables, so that looking at what does not exist
 * stores nothing: `isBorn` asks, `migrate` makes the tables with the first write. A version newer than
 * this list (a release was rolled back) is left as it is, since steps only add.
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

  /** Whether anything was ever stored. */
  get isBorn(): boolean {
    return this.#version > 0;
  }

  /** Brings the schema up to date; to be called in the transaction of the first write. */
  migrate(): void {
    if (this.#version >= this.#steps.length) return;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT");
    for (const step of this.#steps.slice(this.#version)) this.#sql.exec(step);
    this.#sql.exec("INSERT OR REPLACE INTO schema_version (version) VALUES (?)", this.#steps.length);
    this.#version = this.#steps.length;
  }

  /** To be called when the transaction that called `migrate` was rolled back. */
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
