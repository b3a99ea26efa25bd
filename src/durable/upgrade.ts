import { detailOf, log } from "../log.ts";
import { Code, codeMessage, errorCode, httpStatus, NexoError } from "../protocol/codes.ts";
import { SUBPROTOCOL } from "../protocol/frames.ts";

/** A verified token: its user and platform, the login, and which token of that login it is. */
export interface Login {
  readonly user_id: string;
  readonly platform_id: number;
  readonly login_id: string;
  readonly token_id: string;
  /** Unix seconds, as in the token. */
  readonly exp: number;
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
