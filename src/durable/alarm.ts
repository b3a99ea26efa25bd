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

  /** Call this first when the alarm rings. */
  rang(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }
}
