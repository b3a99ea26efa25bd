import { isDeepStrictEqual } from "node:util";
import type { Answer } from "./rest.ts";
import type { Frame } from "./tap.ts";
import type { Shape } from "./wire.ts";

/** The HTTP statuses that a code may have. There are several where the contract allows it. */
const statusesOf: Readonly<Record<number, readonly number[]>> = {
  1001: [400],
  1002: [500],
  1003: [401],
  1004: [403],
  1005: [404],
  1006: [429],
  1007: [403],
  1008: [503],
  1009: [413],
  2001: [401],
  2002: [401],
  2003: [401],
  2004: [400, 401, 403],
  2006: [404],
  2007: [409],
  2008: [400, 401, 403],
  2009: [403],
  3001: [404],
  3002: [403, 409],
  3003: [403],
  3004: [403],
  3005: [409],
  3006: [403],
  3007: [403],
  3008: [403],
  3009: [403],
  3010: [409],
  3011: [403],
  3012: [403],
  3013: [404, 403],
  3014: [403],
  3015: [403],
  4001: [404],
  4003: [404],
  4007: [409],
  4008: [403],
  4009: [403],
  4010: [409],
  5001: [403, 429, 503],
  5003: [400],
};

class Unexpected extends Error {
  override name = "Unexpected";

  constructor(what: string, expected: unknown, got: unknown, requestId = "") {
    const request = requestId === "" ? "" : `\n  request id ${requestId}`;
    super(`${what}\n  expected ${show(expected)}\n  got      ${show(got)}${request}`);
  }
}

/** The data of an answer that must be a success. */
export function ok<T>(answer: Answer<T> | Frame<T>): T {
  if (isFrame(answer)) {
    if (answer.err_code !== 0) throw unexpected(answer, "err_code 0");
  } else if (answer.code !== 0) throw unexpected(answer, "code 0");
  return answer.data;
}

/** Expects a refusal with this code, in the envelope, with a message. */
export function refused(answer: Answer | Frame, code: number, options: { status?: number } = {}): string {
  if (isFrame(answer)) {
    if (answer.err_code !== code) throw unexpected(answer, `err_code ${code}`);
    if (answer.err_msg === "") throw unexpected(answer, "an err_msg that says why");
    return answer.err_msg;
  }
  const statuses = options.status === undefined ? (statusesOf[code] ?? []) : [options.status];
  if (answer.code !== code || !statuses.includes(answer.status)) {
    throw unexpected(answer, `code ${code} with HTTP ${statuses.join(" or ")}`);
  }
  if (answer.data !== null || answer.msg === "") {
    throw unexpected(answer, `code ${code} with data null and a msg that says why`);
  }
  if (answer.requestId === "") throw unexpected(answer, "an X-Request-Id");
  return answer.msg;
}

export function equal(got: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(got, expected)) throw new Unexpected(what, expected, got);
}

/** Expects these fields to have these values. Fields that a newer server adds are ignored. */
export function contains(got: object, expected: Record<string, unknown>, what: string): void {
  const record = got as Record<string, unknown>;
  equal(Object.fromEntries(Object.keys(expected).map((key) => [key, record[key]])), expected, what);
}

export function that(holds: boolean, what: string, got?: unknown): void {
  if (!holds) throw new Unexpected(what, "this to hold", got);
}

/**
 * Expects every field to be present and of its kind: the contract has no absent fields, and null only where it says so.
 */
export function shaped<T>(value: T, shape: Shape, what: string): T {
  const record = value as Record<string, unknown> | null;
  if (record === null || typeof record !== "object") throw new Unexpected(what, "an object", value);
  for (const [field, kind] of Object.entries(shape)) {
    const got = record[field];
    const fits = kind === "message?" ? typeof got === "object" : got !== null && typeof got === kind;
    if (!fits) throw new Unexpected(`${what}.${field}`, kind, got === undefined ? "no such field" : got);
  }
  return value;
}

type Change = { prev: number; cursor: number };

/**
 * Follows the change number over the frames of one socket, as a client does: each frame begins where the one before it
 * ended.
 * @returns the last cursor
 */
export function followed(frames: Frame[], what: string): number {
  let own: number | undefined;
  for (const { data, raw } of frames) {
    if (!isChange(data)) continue;
    own ??= data.prev;
    // Numbers may be skipped. [SYNC-1]
    if (data.prev !== own || data.cursor < own) {
      throw new Unexpected(`${what}: the chain of cursors`, `prev ${own}, cursor ${own} or more`, raw);
    }
    own = data.cursor;
  }
  if (own === undefined) throw new Unexpected(what, "frames with prev and cursor", "none");
  return own;
}

function isChange(data: unknown): data is Change {
  return typeof data === "object" && data !== null && "prev" in data && "cursor" in data;
}

function isFrame(answer: Answer | Frame): answer is Frame {
  return "req_identifier" in answer;
}

function unexpected(answer: Answer | Frame, expected: string): Unexpected {
  if (isFrame(answer)) {
    return new Unexpected(`socket request ${answer.req_identifier}`, expected, answer.raw, answer.operation_id);
  }
  return new Unexpected(answer.what, expected, `HTTP ${answer.status} ${answer.raw}`, answer.requestId);
}

function show(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined ? "nothing" : text.slice(0, 800);
}
