const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Data that is JSON already, from an object or from storage. It is sent unchanged: large data as UTF-8, which is never
 * made a string on its way. A string with one letter beyond Latin-1 has two bytes for each, and is converted twice.
 */
export class Json {
  readonly #data: string | Uint8Array;

  constructor(data: string | Uint8Array) {
    this.#data = data;
  }

  toString(): string {
    return typeof this.#data === "string" ? this.#data : decoder.decode(this.#data);
  }

  /** The data between two texts, as the body of a response. */
  within(before: string, after: string): string | Uint8Array<ArrayBuffer> {
    return typeof this.#data === "string" ? `${before}${this.#data}${after}` : utf8(before, this.#data, after);
  }
}

/** Texts and UTF-8, one after the other, as UTF-8. */
export function utf8(...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
