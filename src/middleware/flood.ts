import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { settingsOf } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { AppEnv } from "./context.ts";
import { networkOf } from "./network.ts";

type Binding = "REGISTER_LIMIT" | "LOGIN_LIMIT" | "ADMIN_LIMIT";

const PERIOD_SECONDS = 60;

/** Refuses floods from one address with a rate limit binding. Without the binding it accepts all requests. */
export function floodLimited(binding: Binding) {
  return createMiddleware<AppEnv>(async function floodLimitedMiddleware(c, next) {
    await floodLimit(c, binding);
    await next();
  });
}

/**
 * Counts a request against a rate limit binding.
 * @param key what is limited: the network of the address, if absent
 * @throws NexoError TOO_MANY_REQUESTS
 */
export async function floodLimit(c: Context<AppEnv>, binding: Binding, key = networkOf(addressOf(c))): Promise<void> {
  const limit = settingsOf(c.env).FLOOD_LIMITS === "on" ? c.env[binding] : undefined;
  if (!limit || (await limit.limit({ key })).success) return;
  throw new NexoError(Code.TOO_MANY_REQUESTS, undefined, PERIOD_SECONDS);
}

/** The address of the client, as Cloudflare sees it. */
export function addressOf(c: Context<AppEnv>): string {
  return c.req.header("CF-Connecting-IP") ?? "unknown";
}
