import type { Pages } from "./pages.ts";
import type { Rows } from "./rows.ts";
import type { User } from "./user.ts";

export interface FloorEnv {
  readonly DB: D1Database;
  readonly MEDIA: R2Bucket;
  readonly ROWS: DurableObjectNamespace<Rows>;
  readonly USER: DurableObjectNamespace<User>;
  readonly PAGES: DurableObjectNamespace<Pages>;
}

/** The bare accept of a hibernating socket. */
export function accept(ctx: DurableObjectState): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  ctx.acceptWebSocket(server);
  return new Response(null, { status: 101, webSocket: client });
}
