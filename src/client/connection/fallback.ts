export interface FallbackParts {
  /** Whether there is a login but no open socket. */
  readonly canPoll: () => boolean;
  /** Requests the changes; the owner calls `again` once they have arrived. */
  readonly poll: () => void;
}

/** A reconnect that is faster than this needs no poll. */
const GRACE = 5_000;
const PERIOD = 4_000;

/**
 * Polls by HTTP every few seconds for the changes that a socket would push, while no socket can be opened: some
 * networks block WebSockets. [LINK-6]
 */
export class Fallback {
  readonly #parts: FallbackParts;
  #state: "off" | "grace" | "polling" = "off";
  /** HTTP worked while sockets did not, and no socket has lasted since: the next loss starts polling at once. */
  #isNeeded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: FallbackParts) {
    this.#parts = parts;
  }

  /** Whether a socket has been open since the last loss. */
  get isOff(): boolean {
    return this.#state === "off";
  }

  /** Called when there is no socket. @param isUrgent whether there is also no list to show yet. */
  begin(isUrgent: boolean): void {
    const isAtOnce = isUrgent || this.#isNeeded;
    if (this.#state === "polling" || (this.#state === "grace" && !isAtOnce)) return;
    this.#state = "grace";
    this.#in(isAtOnce ? 0 : GRACE);
  }

  /** Called when a poll has succeeded: schedules the next one. */
  again(): void {
    this.#isNeeded = true;
    this.#state = "polling";
    this.#in(PERIOD);
  }

  /** Called when a socket is open. */
  end(): void {
    clearTimeout(this.#timer);
    this.#state = "off";
  }

  /** Called when a socket has lasted. */
  forget(): void {
    this.#isNeeded = false;
  }

  #in(pause: number): void {
    clearTimeout(this.#timer);
    // A deploy closes all sockets at the same moment: the clients must not all poll at the same moment afterwards.
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
