import type { Grant } from "../domain/calls.ts";
import type { Millis } from "../protocol/model.ts";

/**
 * A grant to a conversation's socket: a part of what one may send at once, but no more than a part of what is
 * left, so that opening many sockets at once leaves something for all; for so long.
 */
const GRANT = { share: 0.2, shareOfRest: 0.25, milliseconds: 10_000 };

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
  #tokens: number;
  #at: Millis;
  /** What sockets in conversations may still send, by socket. */
  readonly #grants = new Map<string, Grant>();

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

  /** Lends a part to a conversation's socket, which has used up or forgotten what it had when it asks again. */
  grant(socketId: string, now: Millis): Grant {
    this.released(socketId, now);
    const part = Math.min(this.#burst * GRANT.share, this.#tokens * GRANT.shareOfRest);
    const sends = this.take(Math.max(1, Math.floor(part)), now);
    const grant = { sends, until: now + GRANT.milliseconds };
    if (sends > 0) this.#grants.set(socketId, grant);
    return grant;
  }

  /** This socket is closed, and sends nothing of its grant any more. */
  released(socketId: string, now: Millis): void {
    // Up to now it was held, and nothing could be earned in its place.
    this.#refill(now);
    this.#grants.delete(socketId);
  }

  #refill(now: Millis): void {
    let held = 0;
    for (const [socketId, { sends, until }] of this.#grants) {
      if (until > now) held += sends;
      else this.#grants.delete(socketId);
    }
    const earned = (Math.max(0, now - this.#at) / 1_000) * this.#perSecond;
    this.#tokens = Math.max(0, Math.min(this.#tokens + earned, this.#burst - held));
    this.#at = now;
  }
}
