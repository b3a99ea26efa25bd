import type { Migrator } from "../durable/migrator.ts";
import { first, type Sql } from "../durable/sql.ts";
import type { ErasureMode } from "../protocol/account-model.ts";
import type { Millis } from "../protocol/model.ts";
import type { InboxStore } from "./list/store.ts";

const STEPS = [
  `
  CREATE TABLE erasure (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    mode TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    -- When D1 had lost the profile, and when everything was erased; 0 before.
    profile_at INTEGER NOT NULL DEFAULT 0,
    done_at INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  -- Conversations that are dealt with: 1 the user has left, 2 and nothing of theirs is in it.
  CREATE TABLE erasure_steps (
    conversation_id TEXT PRIMARY KEY,
    step INTEGER NOT NULL,
    -- Where the next call goes on: the client_msg_id of the last message that was looked at.
    cursor TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

type State = { mode: ErasureMode; begun_at: Millis; profile_at: Millis; done_at: Millis };

/** Requests that were under way when the account ended may still begin something. They take at most this long. */
const SETTLED_AFTER: Millis = 15_000;

/** How far a conversation is. TO_LEAVE is also every one that has no row. */
export const ErasureStep = { TO_LEAVE: 0, LEFT: 1, ERASED: 2 } as const;
export type ErasureStep = (typeof ErasureStep)[keyof typeof ErasureStep];

export interface ErasureProgress {
  readonly conversation_id: string;
  readonly step: ErasureStep;
  readonly cursor: string;
}

/** The tables that an erased inbox keeps, so that nothing revives it. */
const KEPT = new Set(["schema_version", "part_versions", "owner", "erasure", "erasure_steps"]);

/**
 * Whether the account is being erased, and how far that is. The feature `erasure` does the work; what starts logins,
 * admits others or takes updates asks here. Most inboxes have no such tables. [ERASE-1]
 */
export class Erasure {
  readonly #sql: Sql;
  readonly #tables: Migrator;
  #state: State | null | undefined;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("erasure", { steps: STEPS });
  }

  /** null while the account lives. */
  get state(): Readonly<State> | null {
    if (this.#state === undefined) this.#state = this.#read();
    return this.#state;
  }

  get isBegun(): boolean {
    return this.state !== null;
  }

  /** Whether nothing of the user is left here. */
  get isDone(): boolean {
    return (this.state?.done_at ?? 0) > 0;
  }

  /** From then on nothing that was under way when the account ended begins anything. */
  get settledAt(): Millis {
    return (this.state?.begun_at ?? 0) + SETTLED_AFTER;
  }

  begin(mode: ErasureMode, now: Millis): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR IGNORE INTO erasure (id, mode, begun_at) VALUES (1, ?, ?)", mode, now);
    this.#state = undefined;
  }

  profileGone(now: Millis): void {
    this.#sql.exec("UPDATE erasure SET profile_at = ?", now);
    this.#state = undefined;
  }

  progress(): ErasureProgress[] {
    if (!this.#tables.isBorn) return [];
    return this.#sql
      .exec<{ conversation_id: string; step: ErasureStep; cursor: string }>(
        "SELECT conversation_id, step, cursor FROM erasure_steps",
      )
      .toArray();
  }

  stepOf(conversationId: string): ErasureStep {
    const query = "SELECT step FROM erasure_steps WHERE conversation_id = ?";
    const row = this.#tables.isBorn ? first<{ step: ErasureStep }>(this.#sql, query, conversationId) : undefined;
    return row?.step ?? ErasureStep.TO_LEAVE;
  }

  putProgress({ conversation_id, step, cursor }: ErasureProgress): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO erasure_steps (conversation_id, step, cursor) VALUES (?, ?, ?)",
      conversation_id,
      step,
      cursor,
    );
  }

  forget(conversationId: string): void {
    this.#sql.exec("DELETE FROM erasure_steps WHERE conversation_id = ?", conversationId);
  }

  /**
   * Deletes every row of the inbox, in all tables whichever feature made them, except that it was erased. Call it in a
   * transaction, and end this life of the object afterwards: its memory knows what the storage has lost.
   */
  finish(now: Millis): void {
    const tables = this.#sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    for (const { name } of tables) {
      // Names of the platform's and of SQLite's own tables begin so.
      if (!KEPT.has(name) && !/^(_|sqlite_)/.test(name)) this.#sql.exec(`DELETE FROM "${name}"`);
    }
    this.#sql.exec("DELETE FROM erasure_steps");
    this.#sql.exec("UPDATE erasure SET done_at = ?", now);
    this.#state = undefined;
  }

  #read(): State | null {
    if (!this.#tables.isBorn) return null;
    return first<State>(this.#sql, "SELECT mode, begun_at, profile_at, done_at FROM erasure") ?? null;
  }
}
