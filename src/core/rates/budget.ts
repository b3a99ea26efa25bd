import type { Millis } from "../../protocol/model.ts";

/**
 * The size of a grant to a conversation's socket: a share of the burst, but at most a share of what is left, so
 * that many sockets opened at the same time all get something; and at least so much, if it is there.
 */
interface GrantSize {
  readonly share: number;
  readonly shareOfRest: number;
  readonly least: number;
}

/** For what is mostly used on the socket itself. */
const LARGE_GRANT: GrantSize = { share: 0.2, shareOfRest: 0.25, least: 1 };
/** For what is mostly used elsewhere: 20 sockets opened at the same time leave a third of the burst to other paths. */
export const SMALL_GRANT: GrantSize = { share: 0.05, shareOfRest: 0.05, least: 5 };

/**
 * How much a user may do: a rate per second, and a burst after a rest. Sends over all paths share one budget.
 * What was granted to conversations counts as held until it is used or the grant ends, so that the sum of what
 * can be sent never exceeds the burst. [RATE-1]
 *
 * Kept in memory: a user who rests until the object is evicted has a full budget anyway.
 */
export class Budget {
  readonly #grantSize: GrantSize;
  readonly #perSecond: number;
  readonly #burst: number;
  /** In thousandths: each millisecond earns a whole number of them, so the amount is there after the stated wait. */
  #thousandths: number;
  #at: Millis;
  /** The amounts granted to conversations' sockets, by socket. */
  readonly #grants = new Map<string, { readonly amount: number; readonly until: Millis }>();

  constructor(perSecond: number, burst: number, now: Millis, grantSize = LARGE_GRANT) {
    this.#grantSize = grantSize;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#thousandths = burst * 1_000;
    this.#at = now;
  }

  /** Takes up to this many. The caller must give back what it does not use. */
  take(wanted: number, now: Millis): number {
    this.#refill(now);
    const taken = Math.min(wanted, Math.floor(this.#thousandths / 1_000));
    this.#thousandths -= taken * 1_000;
    return taken;
  }

  /** Takes all of this amount or nothing. @returns whether the amount was taken. */
  takeAll(wanted: number, now: Millis): boolean {
    const taken = this.take(wanted, now);
    if (taken < wanted) this.giveBack(taken);
    return taken === wanted;
  }

  giveBack(unused: number): void {
    this.#thousandths = Math.min(this.#thousandths + unused * 1_000, this.#burst * 1_000);
  }

  /** Whole seconds until this many can be taken; at least 1. */
  wait(wanted: number, now: Millis): number {
    const held = this.#refill(now);
    const missing = Math.min(wanted, this.#burst) * 1_000 - this.#thousandths;
    const earned = missing / (this.#perSecond * 1_000);
    // What sockets hold cannot be earned again until their grants end.
    const ends = [...this.#grants.values()].map(({ until }) => (until - now) / 1_000);
    const freed = wanted > this.#burst - held ? Math.max(0, ...ends) : 0;
    return Math.max(1, Math.ceil(Math.max(earned, freed)));
  }

  /**
   * Grants a part of the budget to a conversation's socket until a given time.
   * @param unused what the socket has left of its previous grant; 0 if the socket no longer knows it.
   */
  grant(socketId: string, until: Millis, now: Millis, unused = 0): number {
    const before = this.#grants.get(socketId)?.amount ?? 0;
    this.released(socketId, now);
    this.giveBack(Math.min(unused, before));
    const { share, shareOfRest, least } = this.#grantSize;
    const part = Math.min(this.#burst * share, (this.#thousandths / 1_000) * shareOfRest);
    const amount = this.take(Math.max(least, Math.floor(part)), now);
    if (amount > 0) this.#grants.set(socketId, { amount, until });
    return amount;
  }

  /** The socket is closed and uses no more of its grant. */
  released(socketId: string, now: Millis): void {
    // The grant was held until now, so nothing could be earned in its place.
    this.#refill(now);
    this.#grants.delete(socketId);
  }

  /** Adds what was earned since the last call. @returns how much sockets hold */
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
