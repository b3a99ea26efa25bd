import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { Login } from "../../durable/upgrade.ts";
import { LOGIN_HEADER, offersSubprotocol, REQUEST_ID_HEADER, subprotocolsOf } from "../../durable/upgrade.ts";
import { settingsOf } from "../../env.ts";
import { detailOf, log } from "../../log.ts";
import { bearerToken } from "../../middleware/authenticate.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { failed } from "../../middleware/envelope.ts";
import { authorize, tokenFirst } from "../../middleware/inbox.ts";
import { isAllowedOrigin } from "../../middleware/origin.ts";
import { verifyToken } from "../../middleware/tokens.ts";
import { socketQuery } from "../../protocol/bodies.ts";
import { type Code, Code as Codes, errorCode, NexoError } from "../../protocol/codes.ts";
import { Close, Push, pushFrame, SUBPROTOCOL, TOKEN_SUBPROTOCOL } from "../../protocol/frames.ts";
import { parseData } from "../../protocol/parse.ts";

type Query = z.output<typeof socketQuery>;

export const socketRoute = new Hono<AppEnv>().get("/", async (c) => {
  try {
    return await open(c);
  } catch (error) {
    const refusal = await tokenFirst(c, error);
    // Browsers do not show why an upgrade was refused, so clients that speak `nexo` are told on an accepted one.
    return isUpgrade(c) && offersSubprotocol(c.req.raw) ? refuseOnSocket(c, refusal) : await failed(refusal, c);
  }
});

async function open(c: Context<AppEnv>): Promise<Response> {
  const origin = c.req.header("Origin");
  if (origin !== undefined && !isAllowedOrigin(origin, c.req.url, c.env)) {
    throw new NexoError(Codes.FORBIDDEN, "Origin: is not allowed");
  }
  const token = tokenOf(c);
  if (token === undefined) throw new NexoError(Codes.TOKEN_MISSING);
  const login = await verifyToken(settingsOf(c.env), token);
  c.set("login", login);
  if (!isUpgrade(c)) throw new NexoError(Codes.INVALID_PARAMETER, "Upgrade: must be websocket");
  const query = parseData(socketQuery, c.req.query());
  assertSameUser(query, login);
  return await forward(c, query, login);
}

function isUpgrade(c: Context<AppEnv>): boolean {
  return c.req.header("Upgrade")?.toLowerCase() === "websocket";
}

/** The token is in the subprotocol, to keep it out of URLs; in a header; or in the query (the original's clients). */
function tokenOf(c: Context<AppEnv>): string | undefined {
  const named = subprotocolsOf(c.req.raw).find((name) => name.startsWith(TOKEN_SUBPROTOCOL));
  return (
    named?.slice(TOKEN_SUBPROTOCOL.length) ||
    bearerToken(c.req.header("Authorization")) ||
    c.req.query("token") ||
    undefined
  );
}

function assertSameUser(query: Query, login: Login): void {
  if (query.send_id && query.send_id !== login.user_id) {
    throw new NexoError(Codes.TOKEN_MISMATCH, "send_id: is not the token's user");
  }
  if (query.platform_id && query.platform_id !== login.platform_id) {
    throw new NexoError(Codes.TOKEN_MISMATCH, "platform_id: is not the token's platform");
  }
}

/** Passes the upgrade to the object that will hold the socket. A refusal becomes an error. */
async function forward(c: Context<AppEnv>, query: Query, login: Login): Promise<Response> {
  const headers = new Headers(c.req.raw.headers);
  headers.set(LOGIN_HEADER, JSON.stringify(login));
  headers.set(REQUEST_ID_HEADER, c.get("requestId"));
  const request = new Request(c.req.raw, { headers });
  // Check the rate before the conversation: otherwise made-up ids could start any number of objects. [RATE-3]
  if (query.conversation_id) await authorize(c);
  const object = query.conversation_id
    ? c.env.CONVERSATION.getByName(query.conversation_id)
    : c.env.INBOX.getByName(login.user_id);
  const response = await object.fetch(request);
  if (response.status === 101) return response;
  const { code, message, retryAfter } = await response.json<{ code: Code; message: string; retryAfter?: number }>();
  throw new NexoError(code, message, retryAfter);
}

function refuseOnSocket(c: Context<AppEnv>, error: unknown): Response {
  const known = errorCode(error);
  if (known === undefined) log("error", "upgrade_failed", { request_id: c.get("requestId"), detail: detailOf(error) });
  const code = known ?? Codes.INTERNAL;
  c.set("code", code);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  const isToken = code >= Codes.TOKEN_INVALID && code <= Codes.TOKEN_MISMATCH;
  const reason = code === Codes.TOKEN_EXPIRED ? "expired" : "refused";
  server.send(pushFrame(Push.SIGNED_OUT, JSON.stringify({ reason, code }), false));
  server.close(isToken ? Close.SIGNED_OUT : Close.REFUSED, reason);
  const headers = { "Sec-WebSocket-Protocol": SUBPROTOCOL, [REQUEST_ID_HEADER]: c.get("requestId") };
  return new Response(null, { status: 101, webSocket: client, headers });
}
