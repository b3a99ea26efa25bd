import type { Grant } from "../domain/calls.ts";
import type { Millis } from "../protocol/model.ts";

/** A grant to a conversation's socket: a part of what one may send at once, for so long. */
const GRANT = { share: 0.2, milliseconds: 10_000 };

/**
 * How much a user may send, over all paths together: so many a second, so many at once after a rest.
 * What was granted to conversations counts as held until it is used or runs out, so that the sum of what
 * can be sent never passes the burst. [RATE-1]
 *
 * Kept in memory: whoever rests long enough for the object to be forgotten has a full budget anyway.
 */
export class SendBudget {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: Millis;
  #grants: Grant[] = [];

  constructor(perSecond: number, burst: number, now: Millis) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes up to so many; what is not used is to be given back. */
  take(wanted: number, now: Millis): number {
    this.#refill(now);
    const taken = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= taken;
    return taken;
  }

  giveBack(unused: number): void {
    this.#tokens = Math.min(this.#tokens + unused, this.#burst);
  }

  /** Lends a part to a conversation's socket. */
  grant(now: Millis): Grant {
    const sends = this.take(Math.max(1, Math.floor(this.#burst * GRANT.share)), now);
    const grant = { sends, until: now + GRANT.milliseconds };
    if (sends > 0) this.#grants.push(grant);
    return grant;
  }

  #refill(now: Millis): void {
    this.#grants = this.#grants.filter((grant) => grant.until > now);
    const held = this.#grants.reduce((sum, grant) => sum + grant.sends, 0);
    const earned = (Math.max(0, now - this.#at) / 1_000) * this.#perSecond;
    this.#tokens = Math.max(0, Math.min(this.#tokens + earned, this.#burst - held));
    this.#at = now;
  }
}
