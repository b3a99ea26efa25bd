/**
 * JSON text that is sent unchanged, for JSON that JSON.stringify cannot make. A placeholder replaces it until it is
 * sent.
 */
export class RawJson {
  static readonly #texts: string[] = [];
  readonly #name: string;

  constructor(text: string) {
    this.#name = `raw-json-${RawJson.#texts.push(text) - 1}`;
  }

  toJSON(): string {
    return this.#name;
  }

  /** Replaces each placeholder by its text. */
  static into(json: string): string {
    return json.replaceAll(/"raw-json-(\d+)"/g, (_, index: string) => RawJson.#texts[Number(index)] ?? "");
  }
}
