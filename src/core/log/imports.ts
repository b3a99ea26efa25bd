import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { ConversationStore } from "./store.ts";

const STEPS = ["CREATE TABLE imports (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL) STRICT;"];

/** How far the messages of a conversation were imported from another server. Most conversations have no such table. */
export class ImportStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: ConversationStore) {
    this.#sql = sql;
    this.#tables = migrator.part("imports", { steps: STEPS });
  }

  /** The last imported seq; 0 if none was. */
  get seq(): number {
    if (!this.#tables.isBorn) return 0;
    return first<{ seq: number }>(this.#sql, "SELECT seq FROM imports")?.seq ?? 0;
  }

  putSeq(seq: number): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR REPLACE INTO imports (id, seq) VALUES (1, ?)", seq);
  }
}
