import type { Login } from "../core/calls.ts";
import type { Version } from "../core/member.ts";
import { CALL_DEADLINE, withDeadline } from "../deadline.ts";
import { detailOf, log } from "../log.ts";
import { Code, codeMessage, errorCode, httpStatus, NexoError } from "../protocol/codes.ts";
import { SUBPROTOCOL } from "../protocol/frames.ts";
import { type Outcome, unwrapped } from "./outcome.ts";

/**
 * Calls another object and returns the value.
 * @throws NexoError its refusal, or SHUTTING_DOWN when the deadline passes
 */
export async function ask<T>(call: Promise<Outcome<T>>, milliseconds?: number): Promise<T> {
  return unwrapped(await withDeadline(call, milliseconds));
}

/** The path of an update on an Inbox's fetch. The Worker never forwards a client's request there. */
export const UPDATE_PATH = "/tell";
const MARK_HEADER = "X-Nexo-Mark";

/** The answer to an update. It is a header, because reading a body takes one more turn of the event loop. */
export function told({ seq, ver }: Version): Response {
  return new Response(null, { status: 204, headers: { [MARK_HEADER]: `${seq}.${ver}` } });
}

/**
 * Sends an update to an inbox and returns the inbox's mark after it. By fetch and not by RPC: only a fetch can be
 * abandoned, and a caller with an open RPC does not hibernate.
 */
export async function updateInbox(
  inbox: { fetch(input: string, init: RequestInit): Promise<Response> },
  tell: string,
): Promise<Version> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CALL_DEADLINE);
  try {
    const response = await inbox.fetch(`https://inbox${UPDATE_PATH}`, {
      method: "POST",
      body: tell,
      signal: controller.signal,
    });
    const [seq, ver] = response.headers.get(MARK_HEADER)?.split(".").map(Number) ?? [];
    if (seq === undefined || ver === undefined) throw new Error(`the inbox answered ${response.status}`);
    return { seq, ver };
  } finally {
    clearTimeout(timer);
  }
}

/** The header in which the Worker passes a verified login to an object. It overwrites what a client sent. */
export const LOGIN_HEADER = "X-Nexo-Login";

/** The verified login of a forwarded upgrade. */
export function loginOf(request: Request): Login {
  const login = request.headers.get(LOGIN_HEADER);
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket" || login === null) {
    throw new NexoError(Code.NOT_FOUND);
  }
  return JSON.parse(login);
}

/** The answer to an accepted upgrade. */
export function upgraded(request: Request, client: WebSocket): Response {
  const headers = new Headers({ [REQUEST_ID_HEADER]: request.headers.get(REQUEST_ID_HEADER) ?? "" });
  if (offersSubprotocol(request)) headers.set("Sec-WebSocket-Protocol", SUBPROTOCOL);
  return new Response(null, { status: 101, webSocket: client, headers });
}

export const REQUEST_ID_HEADER = "X-Request-Id";

/** Whether a client offers `nexo`, as browsers do. Refusals are then sent in a form that it can read. */
export function offersSubprotocol(request: Request): boolean {
  return subprotocolsOf(request).includes(SUBPROTOCOL);
}

/**
 * Whether an upgrade comes from a client of the original, which knows no subprotocol and names its user in the query.
 * Applies only to the user's socket: the original has no other. [WIRE-8]
 */
export function speaksV2(request: Request): boolean {
  const query = new URL(request.url).searchParams;
  return (query.has("send_id") || query.has("sdk_type")) && !offersSubprotocol(request);
}

/** The subprotocols that a client offers. */
export function subprotocolsOf(request: Request): string[] {
  return (
    request.headers
      .get("Sec-WebSocket-Protocol")
      ?.split(",")
      .map((name) => name.trim()) ?? []
  );
}

/** The answer to a refused upgrade. The Worker turns it into a form that the client can read. */
export function refusal(error: unknown): Response {
  const known = errorCode(error);
  if (known === undefined) log("error", "upgrade_failed", { detail: detailOf(error) });
  const code = known ?? Code.INTERNAL;
  const message = error instanceof Error && known ? error.message : codeMessage(code);
  const retryAfter = error instanceof NexoError ? error.retryAfter : undefined;
  return Response.json({ code, message, retryAfter }, { status: httpStatus(code) });
}
