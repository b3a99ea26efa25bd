import type { Pages } from "./pages.ts";
import type { Rows } from "./rows.ts";
import type { User } from "./user.ts";

export interface FloorEnv {
  readonly DB: D1Database;
  readonly ROWS: DurableObjectNamespace<Rows>;
  readonly USER: DurableObjectNamespace<User>;
  readonly PAGES: DurableObjectNamespace<Pages>;
}

/** An answer and a push look like the server's as far as the client of the bench looks at them. */
export const answer = (seq: number) => `{"req_identifier":1003,"err_code":0,"seq":${seq}}`;
export const push = (seq: number, text: string) => `{"req_identifier":2001,"err_code":0,"seq":${seq},"data":${text}}`;

/** The bare accept of a hibernating socket. */
export function accept(ctx: DurableObjectState): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  ctx.acceptWebSocket(server);
  return new Response(null, { status: 101, webSocket: client });
}
