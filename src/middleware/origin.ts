import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { REQUEST_ID_HEADER } from "../durable/upgrade.ts";
import { type Env, settingsOf } from "../env.ts";
import type { AppEnv } from "./context.ts";

/** Whether a browser on this origin may call the server: its own origin, and those of the settings. */
export function isAllowedOrigin(origin: string, url: string, env: Env): boolean {
  const allowed = settingsOf(env).ALLOWED_ORIGINS;
  return origin === new URL(url).origin || allowed.has(origin) || allowed.has("*");
}

/** CORS for the allowed origins. Without credentials, since there are no cookies. */
export function allowedOrigins(): MiddlewareHandler<AppEnv> {
  const headers = cors({
    origin: (origin, c) => (isAllowedOrigin(origin, c.req.url, c.env) ? origin : null),
    allowMethods: ["GET", "POST", "PUT"],
    allowHeaders: ["Authorization", "Content-Type", REQUEST_ID_HEADER],
    exposeHeaders: [REQUEST_ID_HEADER, "Retry-After"],
    maxAge: 86_400,
  });
  // Apps send no Origin and need no CORS, which costs a copy of each response.
  return (c, next) => (c.req.header("Origin") === undefined ? next() : headers(c, next));
}
