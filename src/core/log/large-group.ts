import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { ConversationStore } from "./store.ts";

const STEPS = [
  `
  CREATE TABLE large_group (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- The conversation's ver: the rows of members are not all read at waking.
    ver INTEGER NOT NULL,
    -- The ver of the last change that concerns the group as such.
    group_ver INTEGER NOT NULL,
    -- The number of active members.
    active INTEGER NOT NULL
  ) STRICT;

  -- Members whose inbox has a socket, as far as the conversation knows: messages go to them.
  CREATE TABLE attending (user_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
];

type Row = { ver: number; group_ver: number; active: number };

/**
 * What only a large group keeps: who attends it, and what a waking object would otherwise have to read all members for.
 * A group becomes large once and stays so. The tables are made then, so no other conversation has them.
 */
export class LargeGroup {
  readonly #sql: Sql;
  readonly #tables: Migrator;
  #row: Row | undefined;
  readonly #attending = new Set<string>();
  /** How often each member has attended since the object woke: an older "no socket" must not undo a newer attend. */
  readonly #attends = new Map<string, number>();

  constructor({ sql, migrator }: Pick<ConversationStore, "sql" | "migrator">) {
    this.#sql = sql;
    this.#tables = migrator.part("large_group", { steps: STEPS });
  }

  get isLarge(): boolean {
    return this.#row !== undefined;
  }

  /** The number of active members, as it is stored. */
  get active(): number {
    return this.#row?.active ?? 0;
  }

  get ver(): number {
    return this.#row?.ver ?? 0;
  }

  /** The ver of the last change that concerns the group as such. */
  get groupVer(): number {
    return this.#row?.group_ver ?? 0;
  }

  /** The members to whom messages go. */
  get attending(): ReadonlySet<string> {
    return this.#attending;
  }

  /** Makes the group large, or stores what has changed. Call it in the transaction of the change. */
  put(row: Row): void {
    const known = this.#row;
    if (known && known.ver === row.ver && known.group_ver === row.group_ver && known.active === row.active) return;
    this.#tables.migrate();
    const query = "INSERT OR REPLACE INTO large_group (id, ver, group_ver, active) VALUES (1, ?, ?, ?)";
    this.#sql.exec(query, row.ver, row.group_ver, row.active);
    this.#row = row;
  }

  /** How often this member has attended. A call that finds no socket compares it with the count at its start. */
  attends(userId: string): number {
    return this.#attends.get(userId) ?? 0;
  }

  /** An inbox has a socket. Must not be called for users who are not active members. */
  attend(userId: string): void {
    this.#attends.set(userId, this.attends(userId) + 1);
    if (this.#attending.has(userId)) return;
    this.#sql.exec("INSERT INTO attending (user_id) VALUES (?)", userId);
    this.#attending.add(userId);
  }

  /** Takes what an inbox says of its sockets. @param attends how often it had attended when it was asked */
  report(userId: string, isOnline: boolean, attends: number): void {
    if (!isOnline && this.attends(userId) === attends) this.leave(userId);
    if (isOnline && !this.#attending.has(userId)) this.attend(userId);
  }

  /** An inbox has no socket, or its user has left. */
  leave(userId: string): void {
    if (!this.#attending.delete(userId)) return;
    this.#sql.exec("DELETE FROM attending WHERE user_id = ?", userId);
  }

  /** Reads everything again from storage. */
  load(): void {
    this.#row = undefined;
    this.#attending.clear();
    if (!this.#tables.isBorn) return;
    this.#row = first<Row>(this.#sql, "SELECT ver, group_ver, active FROM large_group");
    const rows = this.#sql.exec<{ user_id: string }>("SELECT user_id FROM attending").toArray();
    for (const { user_id } of rows) this.#attending.add(user_id);
  }
}
