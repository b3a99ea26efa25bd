import { detailOf, log } from "../log.ts";

const RETRY = 60_000;

/**
 * The one alarm of an object. It is set only when it has to ring earlier than before, because setting it costs a row.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  #at = Number.POSITIVE_INFINITY;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Await this before the first use: only storage knows the alarm that the object set before it was unloaded. */
  async load(): Promise<void> {
    this.#at = (await this.#storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
  }

  /** Makes the alarm ring at this time or earlier. In the turn of a write it is as durable as the write. */
  at(time: number): void {
    if (time >= this.#at) return;
    this.#at = time;
    void this.#storage.setAlarm(time);
  }

  /**
   * Does all that waits for the alarm. Work that throws keeps no other work from running, and runs again in a minute.
   * Thrown on, an alarm is repeated six times by the platform, and then never again.
   */
  async ring(object: string | undefined, works: readonly (() => void | Promise<void>)[]): Promise<void> {
    this.#at = Number.POSITIVE_INFINITY;
    for (const work of works) {
      try {
        await work();
      } catch (error) {
        log("error", "alarm_failed", { object, detail: detailOf(error) });
        this.at(Date.now() + RETRY);
      }
    }
  }
}
