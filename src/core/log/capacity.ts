/** Characters of content after which the size of the storage is measured again. */
const MEASURE_EVERY = 32_768;

/** Whether storage has room for more messages. Measured rarely: measuring takes as long as an insert. */
export class Capacity {
  readonly #measure: () => boolean;
  #isFull = false;
  #unmeasured = MEASURE_EVERY;

  /** @param measure asks the storage whether it is full */
  constructor(measure: () => boolean) {
    this.#measure = measure;
  }

  /** A full conversation stays full: nothing is ever deleted. */
  get isFull(): boolean {
    if (!this.#isFull && this.#unmeasured >= MEASURE_EVERY) {
      this.#isFull = this.#measure();
      this.#unmeasured = 0;
    }
    return this.#isFull;
  }

  /** Counts characters of content that were written. */
  used(characters: number): void {
    this.#unmeasured += characters;
  }
}
