import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { REQUEST_ID_HEADER } from "../durable/upgrade.ts";
import { log } from "../log.ts";
import { randomId } from "../protocol/ids.ts";
import type { AppEnv } from "./context.ts";

/** Nobody keeps an answer, nobody takes it for a page or a script, and nobody asks again without TLS. [WIRE-4] */
const ANSWER_HEADERS = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Strict-Transport-Security": "max-age=31536000",
};

const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Gives each request an id, its own where it brought a sane one, and writes one line of log about it.
 * Query strings and tokens stay out of the log: the route is logged, not the URL.
 */
export function identified() {
  return createMiddleware<AppEnv>(async function identifiedMiddleware(c, next) {
    const given = c.req.header(REQUEST_ID_HEADER) ?? "";
    const id = SANE_ID.test(given) ? given : randomId();
    const started = Date.now();
    c.set("requestId", id);
    c.set("code", 0);
    await next();
    // The headers of an upgrade belong to the object that accepted it.
    if (c.res.status !== 101) {
      c.res.headers.set(REQUEST_ID_HEADER, id);
      for (const [name, value] of Object.entries(ANSWER_HEADERS)) c.res.headers.set(name, value);
    }
    log("info", "request", {
      request_id: id,
      method: c.req.method,
      route: routePath(c, -1),
      user: c.get("login")?.user_id,
      status: c.res.status,
      code: c.get("code"),
      ms: Date.now() - started,
    });
  });
}
