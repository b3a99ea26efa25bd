/** Characters in flight, each up to 5 bytes as text plus UTF-8, and calls. At these limits, other inboxes wait. [MEM-1] */
const LIMITS = { characters: 8 * 1_048_576, calls: 1_000 };

/** The calls to inboxes that are not answered yet, and the members that wait for room for another. */
export class CallsInFlight {
  readonly #calls = new Set<Promise<void>>();
  #characters = 0;
  /** In the order in which they are told. */
  readonly #waiting = new Set<string>();

  /** Different states of 500 members can make 500 texts in memory, and each call has a copy of its own. */
  get isFull(): boolean {
    return this.#characters >= LIMITS.characters || this.#calls.size >= LIMITS.calls;
  }

  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  /** Resolves when all calls that are in flight now have ended. */
  ended(): Promise<unknown> {
    return Promise.allSettled(this.#calls);
  }

  /** Counts a call until it ends. @param characters of its text @param ended is called then @returns the same call */
  add(call: Promise<void>, characters: number, ended: () => void): Promise<void> {
    this.#characters += characters;
    const counted = call.finally(() => {
      this.#characters -= characters;
      this.#calls.delete(counted);
      ended();
    });
    this.#calls.add(counted);
    return counted;
  }

  /** Lets a member wait, at the end of the queue. */
  wait(userId: string): void {
    this.#waiting.add(userId);
  }

  /** Takes members from the queue while there is room. The caller may add a call for each. */
  *admitted(): Generator<string> {
    for (const userId of this.#waiting) {
      if (this.isFull) return;
      this.#waiting.delete(userId);
      yield userId;
    }
  }
}
