import { Code, NexoError } from "../../protocol/codes.ts";
import type { Millis } from "../../protocol/model.ts";

/** The guesses from one network, or from all networks that never gave the right password. */
export interface Guesses {
  readonly wrong: number;
  readonly until: Millis;
  readonly tried_at: Millis;
  /** When the right password last came from this network; 0 for never. */
  readonly proven_at: Millis;
}

/** Storage of guesses. They are not kept in memory only, because guessers could wait until the memory is lost. */
export interface GuessStore {
  guesses(network: string): Guesses | undefined;
  /** Stores guesses. Above a limit it deletes the oldest. [MEM-1] */
  putGuesses(network: string, guesses: Guesses): void;
}

/** Guesses without a wait: from one network, and from all unknown networks together. */
const FREE = { network: 9, strangers: 49 };
const PAUSE = { first: 1_000, longest: 60_000 };
/** After this time without a guess the count starts again at zero. */
const FORGIVEN_AFTER = 86_400_000;
const NONE: Guesses = { wrong: 0, until: 0, tried_at: 0, proven_at: 0 };
const ALL_STRANGERS = "";

/**
 * Slows down guessing. A network that keeps giving wrong passwords for this account has to wait longer each time. So
 * do all networks together that never gave the right one. The owner is not locked out: from a network where they
 * signed in before, or with a valid login, they do not wait because of the guesses of others. [LOGIN-8]
 */
export class PasswordGuard {
  readonly #store: GuessStore;

  constructor(store: GuessStore) {
    this.#store = store;
  }

  /**
   * Counts a guess as wrong before its check. Otherwise any number of simultaneous guesses would be checked.
   * @param isOwner whether a valid login identifies the caller as the owner.
   * @throws NexoError TOO_MANY_REQUESTS while the network has to wait; such a guess is not counted.
   */
  admit(network: string, isOwner: boolean, now: Millis): void {
    const own = this.#guesses(network, now);
    const isStrange = own.proven_at === 0 && !isOwner;
    const all = isStrange ? this.#guesses(ALL_STRANGERS, now) : NONE;
    const wait = Math.max(own.until, all.until) - now;
    if (wait > 0) {
      throw new NexoError(Code.TOO_MANY_REQUESTS, "too many wrong passwords, wait a little", Math.ceil(wait / 1_000));
    }
    this.#store.putGuesses(network, oneMore(own, FREE.network, now));
    if (isStrange) this.#store.putGuesses(ALL_STRANGERS, oneMore(all, FREE.strangers, now));
  }

  /** Records that the last admitted guess from a network was right. */
  proven(network: string, now: Millis): void {
    const own = this.#guesses(network, now);
    this.#store.putGuesses(network, { ...NONE, tried_at: now, proven_at: now });
    if (own.proven_at > 0) return;
    const all = this.#guesses(ALL_STRANGERS, now);
    if (all.wrong > 0) this.#store.putGuesses(ALL_STRANGERS, { ...all, wrong: all.wrong - 1 });
  }

  #guesses(network: string, now: Millis): Guesses {
    const known = this.#store.guesses(network) ?? NONE;
    return known.tried_at + FORGIVEN_AFTER > now ? known : { ...NONE, proven_at: known.proven_at };
  }
}

function oneMore(guesses: Guesses, free: number, now: Millis): Guesses {
  const wrong = guesses.wrong + 1;
  const pause = Math.min(PAUSE.first * 2 ** (wrong - free - 1), PAUSE.longest);
  return { ...guesses, wrong, until: wrong > free ? now + pause : 0, tried_at: now };
}
