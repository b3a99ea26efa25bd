/**
 * The one alarm of an object, set only when it has to ring earlier than it would: setting costs a row.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  #at = Number.POSITIVE_INFINITY;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** To be awaited before the first use, since only storage knows what an earlier life has set. */
  async load(): Promise<void> {
    this.#at = (await this.#storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
  }

  /** Rings at this time, or before. In the turn of a write it is as durable as the write. */
  at(time: number): void {
    if (time >= this.#at) return;
    this.#at = time;
    void this.#storage.setAlarm(time);
  }

  /** To be called first when it rings. */
  rang(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }
}
