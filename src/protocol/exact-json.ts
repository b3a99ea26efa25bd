/** JSON.parse with source access (ES2026), which TypeScript's library does not describe yet. */
const jsonWithSource = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
};

/**
 * JSON whose numbers JSON.stringify writes as they came, digit by digit: a double has lost some of them. [SEND-4]
 * @throws SyntaxError, or RangeError where it nests too deep for the stack (a reviver walks recursively)
 */
export function parseExact(json: string): unknown {
  return jsonWithSource.parse(json, (_key, value, context) =>
    typeof value === "number" && context.source !== undefined && String(value) !== context.source
      ? jsonWithSource.rawJSON(context.source)
      : value,
  );
}
