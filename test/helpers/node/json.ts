/** JSON that goes out as it stands, for what JSON.stringify cannot make: until the wire a name stands in its place. */
export class RawJson {
  static readonly #texts: string[] = [];
  readonly #name: string;

  constructor(text: string) {
    this.#name = `raw-json-${RawJson.#texts.push(text) - 1}`;
  }

  toJSON(): string {
    return this.#name;
  }

  /** Puts each text where its name stands. */
  static into(json: string): string {
    return json.replaceAll(/"raw-json-(\d+)"/g, (_, index: string) => RawJson.#texts[Number(index)] ?? "");
  }
}
