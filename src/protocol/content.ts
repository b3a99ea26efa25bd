import type * as z from "zod";
import { Code, NexoError } from "./codes.ts";
import { parseExact } from "./exact-json.ts";
import { KINDS } from "./kinds.ts";
import { LIMITS } from "./limits.ts";
import { MessageType } from "./model.ts";
import { byteLength } from "./text.ts";

/** The JSON that contained the content, and whether the content is at its top level or under `data`. */
export interface ContentSource {
  readonly json: string;
  readonly under: "top" | "data";
}

/**
 * Checks a content against its type and returns it as JSON text, unknown keys included.
 *
 * @param source the body or frame that contained the content. Numbers beyond 2^53 are copied from it digit by digit,
 *   since parsing has lost digits.
 * @throws NexoError INVALID_PARAMETER, naming the key; a notice's type is refused like an unknown one.
 */
export function checkContent(messageType: number, content: Record<string, unknown>, source?: ContentSource): string {
  assertContentOf(messageType, content);
  return contentText(content, source, isPlainText(messageType, content));
}

/** Checks a content against a type. @throws NexoError INVALID_PARAMETER, naming the key */
export function assertContentOf(messageType: number, content: Record<string, unknown>): void {
  const schema = KINDS.get(messageType)?.content;
  if (!schema) throw invalid("msg_type: must be 1 text, 2 image, 3 video, 4 audio, 5 file or 100 custom");
  if (isPlainText(messageType, content)) return;
  assertDecodable(content);
  const checked = schema.safeParse(content);
  if (!checked.success) throw invalid(describe(messageType, checked.error));
}

/**
 * A content of any type as JSON text, within the limits that all types share.
 * @param isPlain whether it is known to be a plain text
 * @throws NexoError INVALID_PARAMETER, naming the key
 */
export function contentText(content: Record<string, unknown>, source?: ContentSource, isPlain = false): string {
  if (!isPlain) {
    assertDecodable(content);
    if (nestsDeeper(content, LIMITS.contentDepth)) {
      throw invalid(`content: nests deeper than ${LIMITS.contentDepth} levels`);
    }
    // JSON has no infinity, and many decoders refuse a number beyond the range of a double.
    if (holdsInfinity(content)) throw invalid("content: has a number beyond the range of a double");
  }
  const text = JSON.stringify(source && holdsNumber(content) ? exactNumbers(content, source) : content);
  if (isLongerThan(text, LIMITS.contentBytes)) {
    throw invalid(`content: must have at most ${LIMITS.contentBytes} bytes of JSON`);
  }
  return text;
}

/**
 * Keys that the original's clients always decode into strings. With a value of another type, such a client would lose
 * the whole list that contains the message. Its decoder treats small letters and capitals alike, and also ſ and s.
 * [WIRE-3]
 */
const STRING_KEYS = /^(text|image|video|audio|file|custom)$/iu;

function assertDecodable(content: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(content)) {
    if (typeof value !== "string" && STRING_KEYS.test(key)) throw invalid(`content.${key}: must be a string`);
  }
}

/** Whether the content is `{text}` and nothing else, the most common one. It is valid without running the schema. */
function isPlainText(messageType: number, content: Record<string, unknown>): boolean {
  return messageType === MessageType.TEXT && typeof content.text === "string" && Object.keys(content).length === 1;
}

/** Counts bytes only when necessary: UTF-8 takes at most three bytes for a UTF-16 unit. */
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

/** The first branch of a union is the documented form, so its issue is the useful one. */
function describe(messageType: number, error: z.ZodError): string {
  const issue = error.issues[0];
  const inner = issue?.code === "invalid_union" ? (issue.errors[0]?.[0] ?? issue) : issue;
  const path = ["content", ...(inner?.path ?? [])].join(".");
  return `${path}: ${inner?.message ?? "is invalid"} (msg_type ${messageType})`;
}

function nestsDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((child) => nestsDeeper(child, depth - 1));
}

/** Matches what may be a number that a double cannot hold exactly: sixteen digits with a point, or an exponent. */
const INEXACT = /[\d.]{16}|\d[eE][+-]?\d/;

/** The checked content, with its numbers as they are written in the source. */
function exactNumbers(content: Record<string, unknown>, { json, under }: ContentSource): unknown {
  if (!INEXACT.test(json)) return content;
  const exact = parsedExactly(json);
  return field(under === "data" ? field(exact, "data") : exact, "content");
}

/** Other fields of the source may nest too deep, too. */
function parsedExactly(json: string): unknown {
  try {
    return parseExact(json);
  } catch (error) {
    if (error instanceof RangeError) throw invalid("body: nests too deeply");
    throw error;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
