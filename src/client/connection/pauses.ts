import { Code } from "../../protocol/codes.ts";
import type { NexoClientError } from "../errors.ts";

const PAUSE = { first: 1_000, longest: 60_000 };
/** A timer holds at most 2^31 ms: a longer one would fire at once. */
const LONGEST_ASKED = 86_400_000;

/** How long to wait before a try: doubles from 1 s to 60 s, with a random value in the upper half of that. */
export function pauseBefore(attempt: number): number {
  const longest = Math.min(PAUSE.first * 2 ** attempt, PAUSE.longest);
  return longest * (0.5 + Math.random() / 2);
}

/** The same after an error, which may ask for a longer pause but not for a shorter one. [LINK-4] */
export function pauseAfter(error: NexoClientError | null, attempt: number): number {
  return Math.max(pauseBefore(attempt), askedPause(error));
}

function askedPause(error: NexoClientError | null): number {
  // A socket has no Retry-After: its 1006 asks for a second.
  const seconds = error?.retryAfter ?? (error?.code === Code.TOO_MANY_REQUESTS ? 1 : 0);
  return Math.min(seconds * 1_000, LONGEST_ASKED);
}

/** A pause that the server asked for: no try is made before it ends, whatever wakes the client. [LINK-4] */
export class AskedPause {
  #until = 0;
  #length = 0;

  /** Starts the pause that an error asks for; null, or an error that asks for no pause, ends it. */
  begin(error: NexoClientError | null): void {
    this.#length = askedPause(error);
    this.#until = Date.now() + this.#length;
  }

  /** Milliseconds left of the pause. */
  get left(): number {
    const left = this.#until - Date.now();
    // A clock that was set back must not lengthen the pause.
    return left > this.#length ? 0 : Math.max(left, 0);
  }
}
