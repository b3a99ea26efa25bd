/**
 * The server's clock, by how far the own one is off: a user's may be wrong by days, and all times that the server gives
 * are by its own. A time in an answer can be read from any origin, where the header Date cannot. [LINK-3]
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
