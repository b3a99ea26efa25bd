import { withDeadline } from "../deadline.ts";
import { findCards } from "../directory/groups.ts";
import type { Card } from "../protocol/model.ts";

/** How long a change of members waits for the name. */
const PATIENCE = 1_000;

/**
 * The group's name and picture, of which members are told with a change of theirs: D1 is asked once for all of them,
 * not by each inbox. Kept as long as the object lives, for nobody else changes them. [TELL-6]
 */
export class GroupCard {
  readonly #db: D1Database;
  readonly #groupId: string;
  #card: Card | undefined;
  #asking: Promise<void> | undefined;

  constructor(db: D1Database, groupId: string) {
    this.#db = db;
    this.#groupId = groupId;
  }

  /** undefined where D1 was not asked, or did not answer: clients then find the change by sync. */
  get value(): Card | undefined {
    return this.#card;
  }

  /** @param card undefined while it is not known what D1 has. */
  put(card: Card | undefined): void {
    this.#card = card;
  }

  /** Asks D1 where it is not known; does not fail without D1. */
  async load(): Promise<void> {
    if (this.#card) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #ask(): Promise<void> {
    try {
      const { groups } = await withDeadline(findCards(this.#db, [], [this.#groupId]), PATIENCE);
      this.#card = groups.get(this.#groupId);
    } catch {
      // The change goes on without.
    }
  }
}
