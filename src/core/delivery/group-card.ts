import { withDeadline } from "../../deadline.ts";
import { findCards } from "../../directory/groups.ts";
import type { Card } from "../../protocol/model.ts";

/** How long a change of members waits for the name. */
const PATIENCE = 1_000;

/**
 * The group's name and picture, which are sent to members with a change of members: D1 is asked once for all
 * members, not by each inbox. Kept as long as the object lives, since nothing else changes them. [TELL-6]
 */
export class GroupCard {
  readonly #db: D1Database;
  readonly #groupId: string;
  #card: Card | undefined;
  #asking: Promise<void> | undefined;
  /** The number of running queries, and the number of queries started so far. */
  #running = 0;
  #begun = 0;

  constructor(db: D1Database, groupId: string) {
    this.#db = db;
    this.#groupId = groupId;
  }

  /** undefined if D1 was not asked or did not answer. Clients then find the change by sync. */
  get value(): Card | undefined {
    return this.#card;
  }

  /** Sets the card of a new group. */
  put(card: Card | undefined): void {
    this.#card = card;
  }

  /** Asks D1 if the card is unknown. Does not fail if D1 fails. */
  async load(): Promise<void> {
    if (this.#card) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const query = findCards(this.#db, [], [this.#groupId]).then(({ groups }) => groups.get(this.#groupId));
    // If the query fails, the change continues without the card.
    await this.learn(withDeadline(query, PATIENCE)).catch(() => undefined);
  }

  /** Keeps a query's result, unless another query ran meanwhile: the order in which D1 ran them is unknown. */
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
