import type { InboxContext } from "../../core/inbox.ts";
import type { InboxStore } from "../../core/list/store.ts";
import type { UserResult } from "../../core/plan.ts";
import { mayHaveHappened } from "../../core/rates/charges.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import { detailOf, log } from "../../log.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Millis } from "../../protocol/model.ts";
import { APPLIES_FOR } from "./book-store.ts";
import { withdrawApplication } from "./calls.ts";

const STEPS = [
  `
  CREATE TABLE own_applications (
    conversation_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** How many applications one alarm takes back. */
const STEP = 20;

/**
 * The groups in which the user may wait for approval. They are in no list, so that only this finds them when the account
 * is erased. A row is written before the group is asked: a crash after that leaves no application that nobody knows.
 * [ERASE-2]
 */
export class OwnApplications {
  readonly #parts: Pick<InboxContext, "userId" | "erasure" | "outbound" | "wakeAt">;
  readonly #rows: OwnApplicationStore;

  constructor(parts: InboxContext) {
    this.#parts = parts;
    this.#rows = new OwnApplicationStore(parts.store);
  }

  /** Joins a group, which may make the user wait. @throws NexoError TOO_MANY, or as `join` */
  async during(conversationId: string, join: () => Promise<readonly UserResult[]>): Promise<readonly UserResult[]> {
    const isNew = this.#rows.put(conversationId, Date.now());
    try {
      return await join();
    } catch (error) {
      // An earlier application still waits.
      if (isNew && !mayHaveHappened(error)) this.entered(conversationId);
      throw error;
    }
  }

  /** The user is in the group, or cannot come in. */
  entered(conversationId: string): void {
    this.#rows.delete(conversationId);
  }

  /** The account is being erased. @returns whether the user waits nowhere */
  end(): boolean {
    if (this.#rows.all(1).length === 0) return true;
    const { erasure, wakeAt } = this.#parts;
    wakeAt(Math.max(Date.now(), erasure.settledAt));
    return false;
  }

  async alarm(): Promise<void> {
    const { erasure } = this.#parts;
    // Before that, a join of an earlier life of this object may still be on its way.
    if (!erasure.isBegun || Date.now() < erasure.settledAt) return;
    const withdrawing = this.#rows.all(STEP).map(async (conversationId) => {
      await this.#parts.outbound.operate(conversationId, withdrawApplication, null);
      this.#rows.delete(conversationId);
    });
    for (const result of await Promise.allSettled(withdrawing)) {
      // The erasure asks again, after its pause.
      if (result.status === "rejected") {
        log("warn", "erasure_waits", { user: this.#parts.userId, detail: detailOf(result.reason) });
      }
    }
  }
}

/** The rows. A user who never asked to join a group has no table. */
class OwnApplicationStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("own_applications", { steps: STEPS });
  }

  /** Also deletes those that have ended unanswered. @returns whether it was not known. @throws NexoError TOO_MANY */
  put(conversationId: string, at: Millis): boolean {
    this.#tables.migrate();
    this.#sql.exec("DELETE FROM own_applications WHERE at <= ?", at - APPLIES_FOR);
    const known = "SELECT 1 AS known FROM own_applications WHERE conversation_id = ?";
    const isNew = first(this.#sql, known, conversationId) === undefined;
    const count = first<{ count: number }>(this.#sql, "SELECT count(*) AS count FROM own_applications")?.count ?? 0;
    if (isNew && count >= LIMITS.ownApplications) {
      throw new NexoError(Code.TOO_MANY, `a user waits in at most ${LIMITS.ownApplications} groups, try again later`);
    }
    this.#sql.exec("INSERT OR REPLACE INTO own_applications (conversation_id, at) VALUES (?, ?)", conversationId, at);
    return isNew;
  }

  delete(conversationId: string): void {
    if (this.#tables.isBorn) this.#sql.exec("DELETE FROM own_applications WHERE conversation_id = ?", conversationId);
  }

  all(most: number): string[] {
    if (!this.#tables.isBorn) return [];
    const query = "SELECT conversation_id FROM own_applications LIMIT ?";
    return this.#sql
      .exec<{ conversation_id: string }>(query, most)
      .toArray()
      .map((row) => row.conversation_id);
  }
}
