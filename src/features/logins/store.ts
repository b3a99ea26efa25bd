import type { InboxStore } from "../../core/list/store.ts";
import { first } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";
import type { Guesses, GuessStore } from "./password-guard.ts";

type GuessRow = { -readonly [K in keyof Guesses]: Guesses[K] };

/** The most networks stored that never gave the right password, and as many that did. [MEM-1] */
const MAX_NETWORKS = 1_000;

/** Password guesses, by network. */
export class GuessTable implements GuessStore {
  readonly #inbox: InboxStore;

  constructor(inbox: InboxStore) {
    this.#inbox = inbox;
  }

  guesses(network: string): Guesses | undefined {
    const query = "SELECT wrong, until, tried_at, proven_at FROM guesses WHERE network = ?";
    return first<GuessRow>(this.#inbox.sql, query, network);
  }

  putGuesses(network: string, { wrong, until, tried_at, proven_at }: Guesses): void {
    this.#inbox.sql.exec(
      "INSERT OR REPLACE INTO guesses (network, wrong, until, tried_at, proven_at) VALUES (?, ?, ?, ?, ?)",
      network,
      wrong,
      until,
      tried_at,
      proven_at,
    );
    // Unknown networks do not displace those that gave the right password.
    this.#inbox.sql.exec(
      `DELETE FROM guesses WHERE network IN (SELECT network FROM guesses
       WHERE network <> '' AND (proven_at > 0) = ? ORDER BY tried_at DESC LIMIT -1 OFFSET ?)`,
      proven_at > 0 ? 1 : 0,
      MAX_NETWORKS,
    );
  }
}

/** A password change in progress. */
export interface Intent {
  readonly version: number;
  readonly loginId: string;
  readonly since: Millis;
}

type PasswordRow = {
  min_password_version: number;
  pending_version: number | null;
  pending_login_id: string | null;
  pending_since: Millis | null;
};

/** The columns of the owner's row that say which password is valid. */
export class PasswordStore {
  readonly #inbox: InboxStore;

  constructor(inbox: InboxStore) {
    this.#inbox = inbox;
  }

  get exists(): boolean {
    return this.#row() !== undefined;
  }

  /** The lowest password version with which a login may start. */
  get leastVersion(): number {
    return this.#row()?.min_password_version ?? 1;
  }

  intent(): Intent | null {
    const row = this.#row();
    if (!row || row.pending_version === null) return null;
    return { version: row.pending_version, loginId: row.pending_login_id ?? "", since: row.pending_since ?? 0 };
  }

  putIntent({ version, loginId, since }: Intent): void {
    const query = "UPDATE owner SET pending_version = ?, pending_login_id = ?, pending_since = ?";
    this.#inbox.sql.exec(query, version, loginId, since);
  }

  /** Drops the intent, and refuses logins with passwords below a version. */
  finish(leastVersion: number): void {
    this.#inbox.sql.exec(
      `UPDATE owner SET pending_version = NULL, pending_login_id = NULL, pending_since = NULL, min_password_version = ?`,
      leastVersion,
    );
  }

  #row(): PasswordRow | undefined {
    if (!this.#inbox.migrator.isBorn) return undefined;
    const columns = "min_password_version, pending_version, pending_login_id, pending_since";
    return first<PasswordRow>(this.#inbox.sql, `SELECT ${columns} FROM owner`);
  }
}
