import type { InboxStore } from "../../core/list/store.ts";
import { first } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";

/** When peers must be told of a new profile (0 when they know it), and when they were last told. */
type Renaming = {
  profile_due: Millis;
  profile_told_at: Millis;
};

/** The columns of the owner's row that say what peers know about the profile. */
export class RenameStore {
  readonly #inbox: InboxStore;

  constructor(inbox: InboxStore) {
    this.#inbox = inbox;
  }

  /** undefined when there is no inbox. */
  renaming(): Renaming | undefined {
    if (!this.#inbox.migrator.isBorn) return undefined;
    return first<Renaming>(this.#inbox.sql, "SELECT profile_due, profile_told_at FROM owner");
  }

  updateDue(due: Millis): void {
    this.#inbox.sql.exec("UPDATE owner SET profile_due = ?", due);
  }

  updateTold(at: Millis): void {
    this.#inbox.sql.exec("UPDATE owner SET profile_due = 0, profile_told_at = ?", at);
  }
}
