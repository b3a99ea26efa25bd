/** Characters of content after which storage's size is asked for again. */
const MEASURE_EVERY = 32_768;

/** Whether storage has room for more messages. Asked seldom: it takes as long as an insert. */
export class Capacity {
  readonly #measure: () => boolean;
  #isFull = false;
  #unmeasured = MEASURE_EVERY;

  /** @param measure asks storage */
  constructor(measure: () => boolean) {
    this.#measure = measure;
  }

  /** A conversation that is full stays so: nothing is ever deleted. */
  get isFull(): boolean {
    if (!this.#isFull && this.#unmeasured >= MEASURE_EVERY) {
      this.#isFull = this.#measure();
      this.#unmeasured = 0;
    }
    return this.#isFull;
  }

  /** So many characters of content were written. */
  used(characters: number): void {
    this.#unmeasured += characters;
  }
}
