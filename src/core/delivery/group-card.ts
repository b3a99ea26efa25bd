import { withDeadline } from "../../deadline.ts";
import { findCards } from "../../directory/groups.ts";
import type { Card } from "../../protocol/model.ts";

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
  /** Queries under way, and how many were begun. */
  #running = 0;
  #begun = 0;

  constructor(db: D1Database, groupId: string) {
    this.#db = db;
    this.#groupId = groupId;
  }

  /** undefined where D1 was not asked, or did not answer: clients then find the change by sync. */
  get value(): Card | undefined {
    return this.#card;
  }

  /** What a new group is called. */
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
    const query = findCards(this.#db, [], [this.#groupId]).then(({ groups }) => groups.get(this.#groupId));
    // The change goes on without.
    await this.learn(withDeadline(query, PATIENCE)).catch(() => undefined);
  }

  /** Takes what a query gives, unless another was under way: which of them D1 answered last, nobody knows. */
  async learn(query: Promise<Card | undefined>): Promise<void> {
    this.#card = undefined;
    const turn = ++this.#begun;
    const isAlone = this.#running++ === 0;
    try {
      const card = await query;
      if (isAlone && turn === this.#begun) this.#card = card;
    } finally {
      this.#running--;
    }
  }
}
