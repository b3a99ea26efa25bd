/** Data that is JSON already: an object or the storage gave it, and it goes out as it is. */
export class Json {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}
