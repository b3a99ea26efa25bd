import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

interface Prepared {
  readonly statement: StatementSync;
  readonly reads: boolean;
}

/** The part of an object that survives a crash: its SQLite and its alarm, as of the last commit. */
export class Disk {
  readonly #db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, Prepared>();
  alarm: number | null = null;

  /** Whether a query only reads. */
  reads(query: string): boolean {
    return query.startsWith("SELECT");
  }

  run<T>(query: string, bindings: readonly SQLInputValue[] = []): T[] {
    let prepared = this.#prepared.get(query);
    if (!prepared) {
      if (query.includes(";")) {
        // Runs a step of a schema: many statements, once.
        this.#db.exec(query);
        return [];
      }
      prepared = { statement: this.#db.prepare(query), reads: this.reads(query) };
      this.#prepared.set(query, prepared);
    }
    if (prepared.reads) return prepared.statement.all(...bindings) as T[];
    prepared.statement.run(...bindings);
    return [];
  }

  /** Whether the object ever stored anything. */
  get isBlank(): boolean {
    return this.run("SELECT 1 FROM sqlite_master LIMIT 1").length === 0;
  }

  close(): void {
    this.#db.close();
  }
}
