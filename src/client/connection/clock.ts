/**
 * The server's clock, as an offset from the local one: a user's clock may be wrong by days, and every time in an answer
 * is the server's. The offset comes from a field of the answer: sockets have no Date header, and browsers hide the Date
 * header of another origin. [LINK-3]
 */
export class Clock {
  #offset = 0;

  /** The server's time, in Unix milliseconds; the local time until the server has sent its own. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /**
   * Takes the server's time from an answer.
   * @param askedAt when the request was sent, by the local clock: the server's time is taken as half-way between then
   * and now.
   */
  heard(serverTime: number | undefined, askedAt: number): void {
    if (!Number.isFinite(serverTime)) return;
    const now = Date.now();
    this.#offset = Number(serverTime) - (Math.min(askedAt, now) + now) / 2;
  }
}
