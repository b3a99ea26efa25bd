/** How long an accepted request speaks for the next ones of the same login, in milliseconds. */
const LASTS = 10_000;
/** How many requests of one login may run ahead of their checks at the same time. */
const AHEAD = 4;
/** Logins are remembered in the memory of one isolate. Beyond this many, the oldest are forgotten. */
const MOST = 10_000;

interface Known {
  acceptedAt: number;
  ahead: number;
}

/**
 * The logins whose last request was accepted a moment ago, in this isolate. A few of their next requests start their
 * work while login and rate are being checked. After a refusal they wait again, so that a client over its rate causes
 * little more work than it may. [RATE-3]
 */
export class RecentLogins {
  readonly #known = new Map<string, Known>();

  /** Resolves to the result of the work once the check has passed. @throws the error of the check, then of the work */
  async run<T>(loginId: string, check: () => Promise<void>, work: () => Promise<T>): Promise<T> {
    const known = this.#known.get(loginId) ?? { acceptedAt: 0, ahead: 0 };
    const isAhead = Date.now() - known.acceptedAt < LASTS && known.ahead < AHEAD;
    if (!isAhead) {
      await this.#check(loginId, known, check);
      return await work();
    }
    known.ahead++;
    try {
      const early = work();
      // If the check refuses, nobody waits for the work.
      early.catch(() => undefined);
      await this.#check(loginId, known, check);
      return await early;
    } finally {
      known.ahead--;
    }
  }

  async #check(loginId: string, known: Known, check: () => Promise<void>): Promise<void> {
    known.acceptedAt = await check().then(Date.now, (error: unknown) => {
      known.acceptedAt = 0;
      throw error;
    });
    this.#known.delete(loginId);
    this.#known.set(loginId, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }
}
