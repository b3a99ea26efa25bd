import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

const MIGRATIONS = `${import.meta.dirname}/../../../migrations/`;
const schema = readdirSync(MIGRATIONS)
  .filter((file) => file.endsWith(".sql"))
  .sort()
  .map((file) => readFileSync(MIGRATIONS + file, "utf8").replaceAll("--> statement-breakpoint", ""))
  .join("\n");

/** Carries a query to the database and its answer back. */
export type Carry = <T>(work: () => T) => Promise<T>;

/** The part of D1 that drizzle uses, over its own SQLite with the project's migrations. */
export class SimDatabase {
  readonly #db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();
  readonly #carry: Carry;

  constructor(carry: Carry) {
    this.#carry = carry;
    this.#db.exec(schema);
  }

  prepare(query: string, bindings: readonly SQLInputValue[] = []): object {
    const rows = () => {
      let statement = this.#prepared.get(query);
      if (!statement) {
        statement = this.#db.prepare(query);
        this.#prepared.set(query, statement);
      }
      return statement.all(...bindings);
    };
    return {
      bind: (...values: SQLInputValue[]) => this.prepare(query, values),
      all: () => this.#carry(() => ({ success: true, meta: {}, results: rows() })),
      run: () => this.#carry(() => ({ success: true, meta: {}, results: rows() })),
      raw: () => this.#carry(() => rows().map((row) => Object.values(row))),
    };
  }

  /** Statements in their order. */
  batch(statements: readonly { all(): Promise<unknown> }[]): Promise<unknown[]> {
    return Promise.all(statements.map((statement) => statement.all()));
  }

  addUser(userId: string): void {
    this.#db
      .prepare("INSERT INTO users (user_id, nickname, password_hash, created_at) VALUES (?, ?, '', 0)")
      .run(userId, userId);
  }

  /** An endpoint of webhooks that wants every event. */
  addHook(): void {
    this.#db
      .prepare(
        `INSERT INTO hooks (hook_id, url, types, batch, secret, previous_secret, previous_until, disabled, created_at)
         VALUES ('hook', 'https://app.example', '', 1, '', '', 0, '', 0)`,
      )
      .run();
  }

  close(): void {
    this.#db.close();
  }
}
