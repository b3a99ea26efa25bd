import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { REQUEST_ID_HEADER } from "../durable/upgrade.ts";
import { logSample } from "../env.ts";
import { log } from "../log.ts";
import { randomId } from "../protocol/ids.ts";
import type { AppEnv } from "./context.ts";

/**
 * No cache stores an answer, no browser sniffs its type, and later requests use TLS. Only a file says itself how long
 * its reader may keep it. [WIRE-4]
 */
const ANSWER_HEADERS = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Strict-Transport-Security": "max-age=31536000",
};

const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Gives each request an id (a well-formed id of the client is kept) and logs one line about it, or about the share that
 * `LOG_SAMPLE` says of those that succeed. Query strings and tokens are not logged: the line has the route, not the URL.
 */
export function identified() {
  return createMiddleware<AppEnv>(async function identifiedMiddleware(c, next) {
    const given = c.req.header(REQUEST_ID_HEADER) ?? "";
    const id = SANE_ID.test(given) ? given : randomId();
    const started = Date.now();
    c.set("requestId", id);
    c.set("code", 0);
    await next();
    // The response to an upgrade is immutable: its headers belong to the object that accepted it.
    if (c.res.status !== 101) {
      c.res.headers.set(REQUEST_ID_HEADER, id);
      const isFile = c.res.headers.has("Cache-Control");
      for (const [name, value] of Object.entries(ANSWER_HEADERS)) {
        if (!isFile || name !== "Cache-Control") c.res.headers.set(name, value);
      }
    }
    const line = {
      request_id: id,
      method: c.req.method,
      route: routePath(c, -1),
      user: c.get("login")?.user_id,
      status: c.res.status,
      code: c.get("code"),
      ms: Date.now() - started,
    };
    if (isLogged(c, line)) log("info", "request", line);
  });
}

/** Requests that fail are always logged. */
function isLogged(c: Context<AppEnv>, { status, code }: { readonly status: number; readonly code: number }): boolean {
  if (status >= 400 || code !== 0) return true;
  const sample = logSample(c.env);
  return sample === 1 || Math.random() < sample;
}
