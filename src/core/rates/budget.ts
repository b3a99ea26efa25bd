import type { Millis } from "../../protocol/model.ts";

/**
 * A grant to a conversation's socket: a part of what one may do at once, but no more than a part of what is
 * left, so that opening many sockets at once leaves something for all.
 */
const GRANT = { share: 0.2, shareOfRest: 0.25 };

/**
 * How much a user may do: so many a second, so many at once after a rest. For sends over all paths together.
 * What was granted to conversations counts as held until it is used or runs out, so that the sum of what
 * can be sent never passes the burst. [RATE-1]
 *
 * Kept in memory: whoever rests long enough for the object to be forgotten has a full budget anyway.
 */
export class Budget {
  readonly #perSecond: number;
  readonly #burst: number;
  /** Thousandths, since a millisecond earns a whole number of them: what is waited for is then there. */
  #thousandths: number;
  #at: Millis;
  /** What sockets in conversations may still use, by socket. */
  readonly #grants = new Map<string, { readonly amount: number; readonly until: Millis }>();

  constructor(perSecond: number, burst: number, now: Millis) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#thousandths = burst * 1_000;
    this.#at = now;
  }

  /** Takes up to so many; what is not used is to be given back. */
  take(wanted: number, now: Millis): number {
    this.#refill(now);
    const taken = Math.min(wanted, Math.floor(this.#thousandths / 1_000));
    this.#thousandths -= taken * 1_000;
    return taken;
  }

  /** Takes so many, or none. @returns whether there were so many. */
  takeAll(wanted: number, now: Millis): boolean {
    const taken = this.take(wanted, now);
    if (taken < wanted) this.giveBack(taken);
    return taken === wanted;
  }

  giveBack(unused: number): void {
    this.#thousandths = Math.min(this.#thousandths + unused * 1_000, this.#burst * 1_000);
  }

  /** Whole seconds until so many can be taken; 1 at least. */
  wait(wanted: number, now: Millis): number {
    const held = this.#refill(now);
    const missing = Math.min(wanted, this.#burst) * 1_000 - this.#thousandths;
    const earned = missing / (this.#perSecond * 1_000);
    // What sockets hold is not earned until their grants end.
    const ends = [...this.#grants.values()].map(({ until }) => (until - now) / 1_000);
    const freed = wanted > this.#burst - held ? Math.max(0, ...ends) : 0;
    return Math.max(1, Math.ceil(Math.max(earned, freed)));
  }

  /**
   * Lends a part to a conversation's socket until some time.
   * @param unused what the socket has left of the part it was lent before; 0 when it has forgotten that.
   */
  grant(socketId: string, until: Millis, now: Millis, unused = 0): number {
    const before = this.#grants.get(socketId)?.amount ?? 0;
    this.released(socketId, now);
    this.giveBack(Math.min(unused, before));
    const part = Math.min(this.#burst * GRANT.share, (this.#thousandths / 1_000) * GRANT.shareOfRest);
    const amount = this.take(Math.max(1, Math.floor(part)), now);
    if (amount > 0) this.#grants.set(socketId, { amount, until });
    return amount;
  }

  /** This socket is closed, and uses nothing of its grant any more. */
  released(socketId: string, now: Millis): void {
    // Up to now it was held, and nothing could be earned in its place.
    this.#refill(now);
    this.#grants.delete(socketId);
  }

  /** @returns how much is held by sockets. */
  #refill(now: Millis): number {
    let held = 0;
    for (const [socketId, { amount, until }] of this.#grants) {
      if (until > now) held += amount;
      else this.#grants.delete(socketId);
    }
    const earned = Math.max(0, now - this.#at) * this.#perSecond;
    this.#thousandths = Math.max(0, Math.min(this.#thousandths + earned, (this.#burst - held) * 1_000));
    this.#at = now;
    return held;
  }
}
