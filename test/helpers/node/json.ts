/** JSON that goes out as it stands, for what JSON.stringify cannot make. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function toJson(value: unknown): string {
  const texts: string[] = [];
  const json = JSON.stringify(value, (_key, part: unknown) =>
    part instanceof RawJson ? `raw-json-${texts.push(part.text) - 1}` : part,
  );
  return json.replaceAll(/"raw-json-(\d+)"/g, (_, index: string) => texts[Number(index)] ?? "");
}
