import { Code, NexoError } from "../protocol/codes.ts";
import type { Millis } from "../protocol/model.ts";

const FREE_FAILURES = 10;
const PAUSE = { first: 1_000, longest: 60_000 };
/** Addresses remembered; past it the one that failed longest ago is forgotten. [MEM-1] */
const MAX_ADDRESSES = 1_000;

/**
 * Slows down guessing: an address that keeps giving wrong passwords for this account has to wait, ever
 * longer. The owner, on another address, is not locked out. [LOGIN-8]
 *
 * Kept in memory: guessing slow enough for the object to be forgotten in between is slow already.
 */
export class PasswordGuard {
  readonly #failures = new Map<string, { count: number; until: Millis }>();

  /** @throws NexoError TOO_MANY_REQUESTS while the address has to wait. */
  check(address: string, now: Millis): void {
    const wait = (this.#failures.get(address)?.until ?? 0) - now;
    if (wait > 0) {
      throw new NexoError(Code.TOO_MANY_REQUESTS, "too many wrong passwords, wait a little", Math.ceil(wait / 1_000));
    }
  }

  failed(address: string, now: Millis): void {
    const count = (this.#failures.get(address)?.count ?? 0) + 1;
    const pause = Math.min(PAUSE.first * 2 ** (count - FREE_FAILURES), PAUSE.longest);
    // Deleted first, so that the map's order is that of the last failure.
    this.#failures.delete(address);
    this.#failures.set(address, { count, until: count < FREE_FAILURES ? 0 : now + pause });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
  }
}
