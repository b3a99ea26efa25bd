export interface FallbackParts {
  /** Whether there is a login, and no socket is open. */
  readonly canPoll: () => boolean;
  /** Asks what has changed; the owner calls `again` once that is known. */
  readonly poll: () => void;
}

/** A reconnect that takes less than this needs no request. */
const GRACE = 5_000;
const PERIOD = 4_000;

/**
 * Asks by HTTP every few seconds what a socket would push, while none can be opened: some networks block WebSockets.
 * [LINK-6]
 */
export class Fallback {
  readonly #parts: FallbackParts;
  #state: "off" | "grace" | "polling" = "off";
  /** HTTP worked while sockets did not, and no socket has lasted since: after the next loss it polls at once. */
  #isNeeded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: FallbackParts) {
    this.#parts = parts;
  }

  /** Whether a socket has been open since the last loss. */
  get isOff(): boolean {
    return this.#state === "off";
  }

  /** There is no socket. @param isUrgent whether there is no list to show yet either. */
  begin(isUrgent: boolean): void {
    const isAtOnce = isUrgent || this.#isNeeded;
    if (this.#state === "polling" || (this.#state === "grace" && !isAtOnce)) return;
    this.#state = "grace";
    this.#in(isAtOnce ? 0 : GRACE);
  }

  /** A poll has succeeded: the next one follows. */
  again(): void {
    this.#isNeeded = true;
    this.#state = "polling";
    this.#in(PERIOD);
  }

  /** A socket is open. */
  end(): void {
    clearTimeout(this.#timer);
    this.#state = "off";
  }

  /** A socket has lasted. */
  forget(): void {
    this.#isNeeded = false;
  }

  #in(pause: number): void {
    clearTimeout(this.#timer);
    // A deploy closes all sockets at one moment: clients must not ask all at one moment after it.
    this.#timer = setTimeout(() => this.#tick(), pause * (1 + Math.random() / 4));
  }

  #tick(): void {
    if (!this.#parts.canPoll()) {
      this.#in(GRACE);
      return;
    }
    this.#state = "polling";
    this.#parts.poll();
  }
}
