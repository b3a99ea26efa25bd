import { createMiddleware } from "hono/factory";
import { settingsOf } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { AppEnv } from "./context.ts";
import { verifyToken } from "./tokens.ts";

/**
 * Accepts only verified tokens and stores their claims in `login`. The inbox checks that the login is living, in the
 * call that each route makes to it.
 */
export function authenticated() {
  return createMiddleware<AppEnv>(async function authenticatedMiddleware(c, next) {
    const token = bearerToken(c.req.header("Authorization"));
    if (token === undefined) throw new NexoError(Code.TOKEN_MISSING);
    c.set("login", await verifyToken(settingsOf(c.env), token));
    await next();
  });
}

/** The token of an Authorization header; undefined if there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  const token = /^Bearer\s+(\S+)\s*$/i.exec(header ?? "")?.[1];
  if (header && token === undefined) throw new NexoError(Code.TOKEN_INVALID, "Authorization: must be Bearer <token>");
  return token;
}
