import { Code, NexoError } from "../../protocol/codes.ts";
import type { Millis } from "../../protocol/model.ts";

/** What is known of guesses from one network, or from all that never gave the right password. */
export interface Guesses {
  readonly wrong: number;
  readonly until: Millis;
  readonly tried_at: Millis;
  /** When the right password last came from there; 0 for never. */
  readonly proven_at: Millis;
}

/** Where guesses are kept: they outlive the object's memory, for the loss of which a guesser only has to wait. */
export interface GuessStore {
  guesses(network: string): Guesses | undefined;
  /** Forgets what has been there longest, past a bound. [MEM-1] */
  putGuesses(network: string, guesses: Guesses): void;
}

/** Guesses without a wait: by one network, and by all strange ones together. */
const FREE = { network: 9, strangers: 49 };
const PAUSE = { first: 1_000, longest: 60_000 };
/** After as long without a guess everything is free again. */
const FORGIVEN_AFTER = 86_400_000;
const NONE: Guesses = { wrong: 0, until: 0, tried_at: 0, proven_at: 0 };
const ALL_STRANGERS = "";

/**
 * Slows down guessing. A network that keeps giving wrong passwords for this account has to wait, ever longer; so have
 * all together from where the right one never came. The owner is not locked out: from where they signed in before, or
 * with a living login, they wait for nobody else's guesses. [LOGIN-8]
 */
export class PasswordGuard {
  readonly #store: GuessStore;

  constructor(store: GuessStore) {
    this.#store = store;
  }

  /**
   * Counts a guess as wrong before it is checked, or any number at once would be checked.
   * @param isOwner whether a living login vouches for who is asking.
   * @throws NexoError TOO_MANY_REQUESTS while it has to wait; then it is not counted.
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

  /** The guess that was admitted last from a network was right. */
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
