/** Data that is JSON already, from an object or from storage. It is sent unchanged. */
export class Json {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}
