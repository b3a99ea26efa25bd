/** JSON.parse with source access (ES2026), which TypeScript's library does not describe yet. */
const jsonWithSource = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
};

/**
 * Parses JSON so that JSON.stringify writes its numbers with all their digits, which a double would lose. [SEND-4]
 * @throws SyntaxError, or RangeError if it nests too deeply for the stack (a reviver walks recursively)
 */
export function parseExact(json: string): unknown {
  return jsonWithSource.parse(json, (_key, value, context) =>
    typeof value === "number" && context.source !== undefined && String(value) !== context.source
      ? jsonWithSource.rawJSON(context.source)
      : value,
  );
}
