import { callApp } from "../app-code.ts";
import type { WakeHook } from "./environment.ts";

const BETWEEN = 1_000;

/** Reports that the network may have come back or been lost, at most once a second. [LINK-4] */
export class Waking {
  readonly #act: () => void;
  #endHook: () => void = () => undefined;
  /** Timer that runs after a wake; wakes during it are reported as one. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWanted = false;
  #isStopped = false;

  constructor(hook: WakeHook, act: () => void) {
    this.#act = act;
    callApp(() => {
      this.#endHook = hook(() => this.wake());
    });
  }

  wake(): void {
    if (this.#isStopped) return;
    this.#isWanted = true;
    if (this.#timer === undefined) this.#pass();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    callApp(this.#endHook);
  }

  #pass(): void {
    this.#timer = undefined;
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#timer = setTimeout(() => this.#pass(), BETWEEN);
    this.#act();
  }
}
