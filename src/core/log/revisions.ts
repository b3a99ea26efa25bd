import type { Migrator } from "../../durable/migrator.ts";
import type { Sql } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";

const STEPS = [
  `
  -- A content that the edit at this rev replaced, what was said beside it, and when it was written.
  CREATE TABLE revisions (
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    content TEXT NOT NULL,
    meta TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (seq, rev)
  ) STRICT, WITHOUT ROWID;
  `,
];

export type Revision = {
  /** The rev of the edit that replaced it. */
  rev: number;
  content: string;
  meta: string | null;
  at: Millis;
};

/** The contents that edits have replaced. */
export class Revisions {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor(sql: Sql, migrator: Migrator) {
    this.#sql = sql;
    this.#tables = migrator.part("revisions", { steps: STEPS });
  }

  /** The replaced contents of a message, oldest first; at most 20. */
  of(seq: number): Revision[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT rev, content, meta, at FROM revisions WHERE seq = ? ORDER BY rev";
    return this.#sql.exec<Revision>(query, seq).toArray();
  }

  put(seq: number, { rev, content, meta, at }: Revision): void {
    this.#tables.migrate();
    const query = "INSERT INTO revisions (seq, rev, content, meta, at) VALUES (?, ?, ?, ?, ?)";
    this.#sql.exec(query, seq, rev, content, meta, at);
  }

  /** Deletes what a message once said, when it is recalled. */
  remove(seq: number): void {
    if (this.#tables.isBorn) this.#sql.exec("DELETE FROM revisions WHERE seq = ?", seq);
  }
}
