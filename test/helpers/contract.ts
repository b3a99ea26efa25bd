import * as z from "zod";
import { failure, success } from "../../src/protocol/answers.ts";
import { Code, httpStatus } from "../../src/protocol/codes.ts";
import {
  FRAME_ANSWERS,
  frameCodes,
  frameNumbers,
  PUSHES,
  type PushContent,
  pushNumbers,
} from "../../src/protocol/frame-answers.ts";
import { parseJson } from "../../src/protocol/frames.ts";
import { ROUTE_ANSWERS, type RouteAnswer, routeCodes, routeKeys } from "../../src/protocol/route-answers.ts";

/**
 * Checks everything that the server sends, in every test and run, against the tables of src/protocol: it has exactly
 * the listed fields, and each code is listed for its route or frame. [API-1]
 */

/** The codes for a path without a route, or for a method that a path does not have. */
const UNROUTED: readonly number[] = [
  Code.INVALID_PARAMETER,
  Code.INTERNAL,
  Code.NOT_FOUND,
  Code.TOO_LARGE,
  Code.TOO_MANY_REQUESTS,
  Code.TOKEN_INVALID,
  Code.TOKEN_EXPIRED,
  Code.TOKEN_MISSING,
];
/** A method that the path does not have, and a body of unknown length: statuses that no code has. */
const BY_HTTP = [405, 411];
/** Files of the page and of the API reference, which are not the Worker's answers. */
const FILES = /^\/($|assets\/|docs($|\/))/;

/** A file that a user has uploaded, a part of it, and what says that there is nothing to send. */
const FILE_STATUSES = [200, 206, 304, 416];

const patterns = routeKeys().map((key) => ({ key, pattern: new RegExp(`^${key.replaceAll(/:\w+/g, "[^/]+")}$`) }));

let isJudging = true;

/** For tests that start the server from rows that no release has written: it returns those rows as they are. */
export function judgeNothingMore(): void {
  isJudging = false;
}

/** @throws Error if an answer does not match the tables */
export function judgeReply(method: string, path: string, { status, text }: { status: number; text: string }): void {
  // The answers to a successful upgrade, to a browser's preflight and to a request for a file have no envelope.
  if (status === 101 || method === "OPTIONS" || FILES.test(path)) return;
  if (path.startsWith("/media/") && FILE_STATUSES.includes(status)) return;
  const what = `${method} ${path.replace(/\?.*$/s, "")}`;
  const key = patterns.find(({ pattern }) => pattern.test(what))?.key;
  const told = `HTTP ${status} ${text}`;
  if (key !== undefined && status === 200) {
    const { answer, paged, bare }: RouteAnswer = ROUTE_ANSWERS[key];
    judge(what, bare ? answer : success(answer, paged), parseJson(text), told);
    return;
  }
  const envelope = parseJson(text);
  // The answer came from the development server itself.
  if (envelope === undefined && status >= 500) return;
  judge(what, failure, envelope, told);
  const { code } = failure.parse(envelope);
  const codes: readonly number[] = key === undefined ? UNROUTED : routeCodes(key);
  if (!codes.includes(code)) throw new Error(`${what}\n  expected one of ${codes.join(" ")}\n  got      ${told}`);
  if (!BY_HTTP.includes(status) && status !== httpStatus(code)) {
    throw new Error(`${what}\n  expected HTTP ${httpStatus(code)}\n  got      ${told}`);
  }
}

const frameSchema = z.strictObject({
  req_identifier: z.int(),
  msg_incr: z.string(),
  operation_id: z.string(),
  err_code: z.int(),
  err_msg: z.string(),
  data: z.unknown(),
});
const answers = new Map<number, { answer: z.ZodType; codes: readonly number[] }>(
  frameNumbers().map((number) => [number, { answer: FRAME_ANSWERS[number].answer, codes: frameCodes(number) }]),
);
const pushes = new Map<number, PushContent>(pushNumbers().map((number) => [number, PUSHES[number]]));
/** The codes for a frame with an unknown number. */
const UNKNOWN: readonly number[] = [
  Code.INVALID_PROTOCOL,
  Code.INVALID_PARAMETER,
  Code.TOKEN_MISMATCH,
  Code.TOO_MANY_REQUESTS,
];

/** A frame as it arrived, and the contents of its `data`. */
interface Frame {
  readonly req_identifier: number;
  readonly err_code: number;
  readonly data: unknown;
  readonly raw: string;
}

/** @throws Error if an answer or a push does not match the tables */
export function judgeFrame(frame: Frame): void {
  const { req_identifier: number, err_code, data, raw } = frame;
  const what = `frame ${number}`;
  judge(what, frameSchema, JSON.parse(raw), raw);
  const push = pushes.get(number);
  const known = answers.get(number);
  if (push && push.code === err_code) judge(`push ${number}`, push.data, data, raw);
  else if (known && err_code === Code.OK) judge(`the answer to ${number}`, known.answer, data, raw);
  else {
    judge(what, z.null(), data, raw);
    const codes = known?.codes ?? UNKNOWN;
    if (!codes.includes(err_code)) throw new Error(`${what}\n  expected one of ${codes.join(" ")}\n  got      ${raw}`);
  }
}

function judge(what: string, schema: z.ZodType, value: unknown, told: string): void {
  const { error } = schema.safeParse(value);
  if (!error || !isJudging) return;
  throw new Error(`${what} is not as the contract says\n${z.prettifyError(error)}\n  got ${told.slice(0, 2_000)}`);
}
