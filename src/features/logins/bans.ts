import type { InboxStore } from "../../core/list/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";

const STEPS = ["CREATE TABLE ban (id INTEGER PRIMARY KEY CHECK (id = 1), since INTEGER NOT NULL) STRICT;"];

/** Whether the operator has banned the user. Most users have no such table. */
export class BanStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("bans", { steps: STEPS });
  }

  get isBanned(): boolean {
    return this.#tables.isBorn && first(this.#sql, "SELECT since FROM ban") !== undefined;
  }

  ban(now: Millis): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR IGNORE INTO ban (id, since) VALUES (1, ?)", now);
  }

  unban(): void {
    if (this.#tables.isBorn) this.#sql.exec("DELETE FROM ban");
  }
}
