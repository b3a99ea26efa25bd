import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { settingsOf } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { AppEnv } from "./context.ts";
import { networkOf } from "./network.ts";

const PERIOD_SECONDS = 60;

/** Refuses floods from one address with a rate limit binding. Without the binding it accepts all requests. */
export function floodLimited(binding: "REGISTER_LIMIT" | "LOGIN_LIMIT") {
  return createMiddleware<AppEnv>(async function floodLimitedMiddleware(c, next) {
    const limit = settingsOf(c.env).FLOOD_LIMITS === "on" ? c.env[binding] : undefined;
    if (limit && !(await limit.limit({ key: networkOf(addressOf(c)) })).success) {
      throw new NexoError(Code.TOO_MANY_REQUESTS, undefined, PERIOD_SECONDS);
    }
    await next();
  });
}

/** The address of the client, as Cloudflare sees it. */
export function addressOf(c: Context<AppEnv>): string {
  return c.req.header("CF-Connecting-IP") ?? "unknown";
}
