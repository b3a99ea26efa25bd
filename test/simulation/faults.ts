import type { Random } from "./random.ts";

/** The fate of a call: of the call itself, and of its answer. */
export type Fate = "fine" | "refused" | "lost" | "late" | "failsAfter" | "answerLost" | "answerLate";

/** The probability of each fault. */
export interface Weather {
  readonly call: number;
  readonly database: number;
  readonly frame: number;
  /** The probability that an object dies in the middle of a turn, at one of its commits. */
  readonly doom: number;
  /** By step of the storm. */
  readonly crash: number;
  readonly evict: number;
  readonly breakSocket: number;
  readonly clock: number;
  readonly oddAlarm: number;
}

const CALM: Weather = {
  call: 0,
  database: 0,
  frame: 0,
  doom: 0,
  crash: 0,
  evict: 0,
  breakSocket: 0,
  clock: 0,
  oddAlarm: 0,
};

const FATES = { refused: 2, lost: 2, late: 1, failsAfter: 2, answerLost: 2, answerLate: 1 };

/** Decides what fails. Each seed has its own fault rates, from low to high. */
export class Faults {
  readonly #random: Random;
  weather: Weather;

  constructor(random: Random) {
    this.#random = random;
    const foul = random.pick([0, 0.3, 1, 1, 2.5]);
    const some = () => foul * random.next();
    this.weather = {
      call: 0.1 * some(),
      database: 0.05 * some(),
      frame: 0.05 * some(),
      // In some seeds objects die at every turn, which reveals writes made in two steps.
      doom: random.chance(0.25) ? 0.15 : 0.03 * some(),
      crash: 0.005 * some(),
      evict: 0.02 * random.next(),
      breakSocket: 0.005 * some(),
      clock: 0.002 * some(),
      oddAlarm: 0.01 * some(),
    };
  }

  stop(): void {
    this.weather = CALM;
  }

  happens(kind: keyof Weather): boolean {
    const probability = this.weather[kind];
    return probability > 0 && this.#random.chance(probability);
  }

  callFate(kind: "call" | "database"): Fate {
    if (!this.happens(kind)) return "fine";
    const fate = this.#random.weighted(FATES);
    // D1 answers or fails within its own deadline; it does not keep silent.
    if (kind === "call") return fate;
    return fate === "refused" || fate === "late" ? fate : "failsAfter";
  }

  /** Whether a connection that loses a frame is lost permanently. */
  isDeadly(): boolean {
    return this.#random.chance(0.4);
  }

  /** Whether a connection that ends delivers the frames that are on their way. */
  delivers(): boolean {
    return this.#random.chance(0.5);
  }

  delay(): number {
    return this.#random.between(500, 40_000);
  }
}
