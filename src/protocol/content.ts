import type * as z from "zod";
import { Code, NexoError } from "./codes.ts";
import { parseExact } from "./exact-json.ts";
import { KINDS } from "./kinds.ts";
import { LIMITS } from "./limits.ts";
import { MessageType } from "./model.ts";
import { byteLength } from "./text.ts";

/** The JSON that a content came in, and whether it stands at its top or under `data`. */
export interface ContentSource {
  readonly json: string;
  readonly under: "top" | "data";
}

/**
 * Checks a content against its type and gives it back as JSON text, unknown keys and all.
 *
 * @param source the JSON that the content came in, a body or a frame: numbers beyond 2^53 are taken
 *   from it digit by digit, since a parsed one has lost them.
 * @throws NexoError INVALID_PARAMETER, naming the key; a notice's type is refused like an unknown one.
 */
export function checkContent(messageType: number, content: Record<string, unknown>, source?: ContentSource): string {
  const schema = KINDS.get(messageType)?.content;
  if (!schema) throw invalid("msg_type: must be 1 text, 2 image, 3 video, 4 audio, 5 file or 100 custom");
  if (!isPlainText(messageType, content)) {
    assertDecodable(content);
    const checked = schema.safeParse(content);
    if (!checked.success) throw invalid(describe(messageType, checked.error));
    if (nestsDeeper(content, LIMITS.contentDepth)) {
      throw invalid(`content: nests deeper than ${LIMITS.contentDepth} levels`);
    }
    // JSON knows no infinity, and many a decoder refuses what a double cannot hold at all.
    if (holdsInfinity(content)) throw invalid("content: holds a number beyond what a double can be");
  }
  const text = JSON.stringify(source && holdsNumber(content) ? exactNumbers(content, source) : content);
  if (isLongerThan(text, LIMITS.contentBytes)) {
    throw invalid(`content: must have at most ${LIMITS.contentBytes} bytes of JSON`);
  }
  return text;
}

/**
 * Keys that the original's clients decode into strings, whatever the type says: of another type they would cost
 * such a client the whole list that the message stands in. Its decoder does not tell small letters from capitals,
 * nor ſ from s. [WIRE-3]
 */
const STRING_KEYS = /^(text|image|video|audio|file|custom)$/iu;

function assertDecodable(content: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(content)) {
    if (typeof value !== "string" && STRING_KEYS.test(key)) throw invalid(`content.${key}: must be a string`);
  }
}

/** Whether it is the most usual content of all, `{text}` and nothing else: right without asking the schema. */
function isPlainText(messageType: number, content: Record<string, unknown>): boolean {
  return messageType === MessageType.TEXT && typeof content.text === "string" && Object.keys(content).length === 1;
}

/** Without counting bytes where it is plain: UTF-8 takes at most three for a UTF-16 unit. */
function isLongerThan(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length * 3 > bytes && byteLength(text) > bytes);
}

function holdsNumber(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "number";
  return Object.values(value).some(holdsNumber);
}

function holdsInfinity(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(holdsInfinity);
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}

function invalid(message: string): NexoError {
  return new NexoError(Code.INVALID_PARAMETER, message);
}

/** Of a union's branches the first is the documented form: its complaint is the useful one. */
function describe(messageType: number, error: z.ZodError): string {
  const issue = error.issues[0];
  const inner = issue?.code === "invalid_union" ? (issue.errors[0]?.[0] ?? issue) : issue;
  const path = ["content", ...(inner?.path ?? [])].join(".");
  return `${path}: ${inner?.message ?? "is wrong"} (msg_type ${messageType})`;
}

function nestsDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((child) => nestsDeeper(child, depth - 1));
}

/** What may be a number that a double does not hold: sixteen digits with their point, or an exponent. */
const INEXACT = /[\d.]{16}|\d[eE][+-]?\d/;

/** The same content as in the source, so that what is stored is what was checked, with its numbers as written. */
function exactNumbers(content: Record<string, unknown>, { json, under }: ContentSource): unknown {
  if (!INEXACT.test(json)) return content;
  const exact = parsedExactly(json);
  return field(under === "data" ? field(exact, "data") : exact, "content");
}

/** What came with the content may nest too deep, too. */
function parsedExactly(json: string): unknown {
  try {
    return parseExact(json);
  } catch (error) {
    if (error instanceof RangeError) throw invalid("body: nests too deep");
    throw error;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
