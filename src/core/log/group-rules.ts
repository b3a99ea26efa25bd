import type { Migrator } from "../../durable/migrator.ts";
import { first } from "../../durable/sql.ts";
import { type GroupRules, OPEN_RULES } from "../../protocol/group-model.ts";
import type { Millis } from "../../protocol/model.ts";
import type { ConversationStore } from "./store.ts";

const STEPS = [
  `
  CREATE TABLE group_rules (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- The switches that were ever set, as JSON; others have their usual value.
    rules TEXT NOT NULL,
    -- How many users wait for approval.
    waiting INTEGER NOT NULL
  ) STRICT;

  -- When each member last sent, only while there is slow mode.
  CREATE TABLE slow_sends (
    user_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The switches of a group. A group in which nobody has changed them has no table. [SWITCH-1] */
export class GroupRulesStore {
  readonly #store: ConversationStore;
  readonly #tables: Migrator;
  #rules: Readonly<GroupRules> = OPEN_RULES;
  #waiting = 0;

  constructor(store: ConversationStore) {
    this.#store = store;
    this.#tables = store.migrator.part("group_rules", { steps: STEPS });
  }

  get rules(): Readonly<GroupRules> {
    return this.#rules;
  }

  /** How many users wait for approval. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Changes switches. Call it in the transaction of the change. */
  change(changes: Partial<GroupRules>): void {
    this.#put({ ...this.#rules, ...changes }, this.#waiting);
    if (this.#rules.slow_mode === 0) this.#store.sql.exec("DELETE FROM slow_sends");
  }

  /** Takes how many users wait for approval. Call it in the transaction of the change. */
  putWaiting(waiting: number): void {
    if (waiting !== this.#waiting) this.#put(this.#rules, waiting);
  }

  /** The seconds that a member below admin has to wait before the next send; 0 for none. */
  slowWait(userId: string, now: Millis): number {
    const pause = this.#rules.slow_mode * 1_000;
    if (pause === 0) return 0;
    const query = "SELECT at FROM slow_sends WHERE user_id = ?";
    const last = first<{ at: Millis }>(this.#store.sql, query, userId)?.at ?? 0;
    return Math.max(0, Math.ceil((last + pause - now) / 1_000));
  }

  /** A member has sent a message. */
  sent(userId: string, at: Millis): void {
    if (this.#rules.slow_mode === 0) return;
    this.#store.sql.exec("INSERT OR REPLACE INTO slow_sends (user_id, at) VALUES (?, ?)", userId, at);
  }

  /** Reads everything again from storage. */
  load(): void {
    type Row = { rules: string; waiting: number };
    const query = "SELECT rules, waiting FROM group_rules";
    const row = this.#tables.isBorn ? first<Row>(this.#store.sql, query) : undefined;
    this.#rules = { ...OPEN_RULES, ...(row && JSON.parse(row.rules)) };
    this.#waiting = row?.waiting ?? 0;
  }

  #put(rules: Readonly<GroupRules>, waiting: number): void {
    this.#tables.migrate();
    const query = "INSERT OR REPLACE INTO group_rules (id, rules, waiting) VALUES (1, ?, ?)";
    this.#store.sql.exec(query, JSON.stringify(rules), waiting);
    this.#rules = rules;
    this.#waiting = waiting;
  }
}
