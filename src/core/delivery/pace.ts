/** Under load an inbox is called at most this often, in milliseconds. */
const EVERY = 200;
/** Calls within that time that count as load. */
const LOAD = 1_000;

export interface PaceOptions {
  readonly now: () => number;
  /** Runs something after some milliseconds. The object stays awake until then. */
  readonly after: (milliseconds: number, run: () => void) => void;
  /** Calls the inboxes that have waited. */
  readonly resume: (userIds: readonly string[]) => void;
}

/**
 * Lets messages of a busy large group gather: while many calls are made, each inbox is called every 200 ms, and gets
 * everything that came meanwhile. A lone message waits for nothing.
 */
export class Pace {
  readonly #options: PaceOptions;
  readonly #calledAt = new Map<string, number>();
  readonly #held = new Set<string>();
  #window = 0;
  #calls = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Whether inboxes wait for their next call. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  called(userId: string): void {
    this.#turn();
    this.#calls++;
    this.#calledAt.set(userId, this.#options.now());
  }

  /** Whether an inbox must wait before its next call. If so, it is called later. */
  holds(userId: string): boolean {
    this.#turn();
    const now = this.#options.now();
    const mustWait = this.#calls >= LOAD && now - (this.#calledAt.get(userId) ?? 0) < EVERY;
    if (!mustWait) return false;
    if (this.#held.size === 0) this.#options.after(this.#window + EVERY - now, () => this.#resume());
    this.#held.add(userId);
    return true;
  }

  /** Starts a new count once the time is over, and forgets calls that no longer matter. */
  #turn(): void {
    const now = this.#options.now();
    if (now >= this.#window && now - this.#window < EVERY) return;
    this.#window = now;
    this.#calls = 0;
    for (const [userId, at] of this.#calledAt) if (now - at >= EVERY || at > now) this.#calledAt.delete(userId);
  }

  #resume(): void {
    const held = [...this.#held];
    this.#held.clear();
    this.#options.resume(held);
  }
}
