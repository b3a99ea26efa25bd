/**
 * The server's clock, as an offset from the own one: a user's clock may be wrong by days, and every time in an answer is
 * by the server's. It is learned from a field of the answer: sockets have no Date header, and browsers hide that of
 * another origin. [LINK-3]
 */
export class Clock {
  #offset = 0;

  /** The server's time, in Unix milliseconds; the own one until the server has told it. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /**
   * An answer brought the server's time.
   * @param askedAt when it was asked for, by the own clock: the answer was made half-way from then to now.
   */
  heard(serverTime: number | undefined, askedAt: number): void {
    if (!Number.isFinite(serverTime)) return;
    const now = Date.now();
    this.#offset = Number(serverTime) - (Math.min(askedAt, now) + now) / 2;
  }
}
