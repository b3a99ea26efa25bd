import * as z from "zod";
import { Code, NexoError } from "./codes.ts";
import type { ContentSource } from "./content.ts";
import { decodeBase64, type Echo, parseJson } from "./frames.ts";

/** Parses what clients send. Separate from frames.ts, which the SDK shares and which does not need zod. */

const requestSchema = z.object({
  req_identifier: z.int(),
  msg_incr: z.string().nullish(),
  operation_id: z.string().nullish(),
  send_id: z.string().nullish(),
  data: z.unknown().optional(),
});

export interface RequestFrame extends Echo {
  readonly send_id: string;
  readonly data: unknown;
  /** The JSON that contains data's fields: the frame itself, or its decoded base64. */
  readonly source: ContentSource;
  /** Whether data was the original's base64 string. If so, later answers and pushes use base64, too. */
  readonly base64: boolean;
}

/**
 * Parses a text frame.
 * @returns the request; null for data that is not a frame (not a JSON object with a number in req_identifier).
 * @throws FrameError (INVALID_PARAMETER) for a frame with a field of the wrong type; it has the fields to echo.
 */
export function parseRequest(text: string): RequestFrame | null {
  const raw = parseJson(text);
  if (typeof raw !== "object" || raw === null || !("req_identifier" in raw)) return null;
  if (!Number.isSafeInteger(raw.req_identifier)) return null;
  const frame = raw as RawFrame;
  if (!isPlainlyRight(frame)) {
    const { error } = requestSchema.safeParse(raw);
    if (error) throw new FrameError(echoOf(raw), describeIssue(error));
  }
  const echo = echoOf(frame);
  const base64 = typeof frame.data === "string";
  const source: ContentSource =
    typeof frame.data === "string"
      ? { json: decodeBase64(frame.data || EMPTY), under: "top" }
      : { json: text, under: "data" };
  const data = base64 ? parseJson(source.json) : (frame.data ?? {});
  if (data === undefined) throw new FrameError(echo, "data: must be an object, or base64 of its JSON");
  return { ...echo, send_id: frame.send_id ?? "", data, source, base64 };
}

interface RawFrame {
  readonly send_id?: string | null;
  readonly data?: unknown;
}

/** A fast form of the schema, since every message passes here. The schema explains a frame that fails. */
function isPlainlyRight(raw: object): boolean {
  const { msg_incr, operation_id, send_id } = raw as Record<string, unknown>;
  return isTextOrNone(msg_incr) && isTextOrNone(operation_id) && isTextOrNone(send_id);
}

function isTextOrNone(value: unknown): boolean {
  return typeof value === "string" || value === undefined || value === null;
}

/** Base64 of `{}`. A request without data may have an empty string. */
const EMPTY = "e30=";

/** An invalid frame that can still be answered. */
export class FrameError extends NexoError {
  readonly echo: Echo;

  constructor(echo: Echo, message: string) {
    super(Code.INVALID_PARAMETER, message);
    this.echo = echo;
  }
}

function echoOf(raw: object): Echo {
  const text = (key: string): string => {
    const value: unknown = Reflect.get(raw, key);
    return typeof value === "string" ? value : "";
  };
  return {
    req_identifier: Number(Reflect.get(raw, "req_identifier")),
    msg_incr: text("msg_incr"),
    operation_id: text("operation_id"),
  };
}

/** Parses a part of a request with its schema. @throws NexoError INVALID_PARAMETER, naming the field. */
export function parseData<T extends z.ZodType>(schema: T, data: unknown): z.output<T> {
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new NexoError(Code.INVALID_PARAMETER, describeIssue(parsed.error, "data"));
  return parsed.data;
}

/** The first issue of a validation: the field's path, or the name of the whole, and what is wrong. */
export function describeIssue(error: z.core.$ZodError, whole = "body"): string {
  const issue = error.issues[0];
  const path = issue?.path.join(".") || whole;
  return `${path}: ${issue?.message ?? "is invalid"}`;
}
