import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Json } from "../durable/json.ts";
import { detailOf, log } from "../log.ts";
import { Code, codeMessage, errorCode, httpStatus, type NexoError } from "../protocol/codes.ts";
import type { AppEnv } from "./context.ts";

/** Where the next page of a list begins; on the last page an empty cursor and false. */
export interface PageMeta {
  readonly next_cursor: string;
  readonly has_more: boolean;
}

/** Answers with data. */
export function ok(c: Context<AppEnv>, data: unknown, meta?: PageMeta): Response {
  return okJson(c, new Json(JSON.stringify(data)), meta);
}

/** Answers with data that is JSON already. */
export function okJson(c: Context<AppEnv>, data: Json, meta?: PageMeta): Response {
  const tail = meta ? `,"meta":${JSON.stringify(meta)}` : "";
  return c.body(data.within('{"code":0,"msg":"success","data":', `${tail}}`), 200, {
    "Content-Type": "application/json; charset=UTF-8",
  });
}

/** Answers with an error. Only errors of the contract say what happened; others give only the request id. */
export function failed(error: unknown, c: Context<AppEnv>): Response {
  if (error instanceof HTTPException) return refuse(c, Code.INVALID_PARAMETER, `body: ${error.message}`);
  const code = errorCode(error);
  if (code !== undefined && code !== Code.INTERNAL && error instanceof Error) {
    return refuse(c, code, error.message, retryAfterOf(error));
  }
  log("error", "request_failed", { request_id: c.get("requestId"), detail: detailOf(error) });
  return refuse(c, Code.INTERNAL, `${codeMessage(Code.INTERNAL)}, request ${c.get("requestId")}`);
}

function refuse(c: Context<AppEnv>, code: Code, message: string, retryAfter?: number): Response {
  c.set("code", code);
  const status = httpStatus(code) as ContentfulStatusCode;
  const isTimed = status === 429 || retryAfter !== undefined;
  const headers = isTimed ? { "Retry-After": String(retryAfter ?? 1) } : undefined;
  return c.json(errorEnvelope(code, message), status, headers);
}

/** The answer to a method that a known path does not have. */
export function methodNotAllowed(c: Context<AppEnv>, allowed: readonly string[]): Response {
  return invalid(c, 405, `method: must be ${allowed.join(" or ")}`, { Allow: allowed.join(", ") });
}

/** The answer to a body of unknown length, where the length must be known first. */
export function lengthRequired(c: Context<AppEnv>): Response {
  return invalid(c, 411, "Content-Length: is missing");
}

function invalid(c: Context<AppEnv>, status: 405 | 411, message: string, headers?: Record<string, string>): Response {
  c.set("code", Code.INVALID_PARAMETER);
  return c.json(errorEnvelope(Code.INVALID_PARAMETER, message), status, headers);
}

/** Our clients read `msg`, some of the original's read `message`. */
function errorEnvelope(code: Code, message: string) {
  return { code, msg: message, message, data: null };
}

function retryAfterOf(error: Error & Partial<Pick<NexoError, "retryAfter">>): number | undefined {
  return typeof error.retryAfter === "number" ? error.retryAfter : undefined;
}
