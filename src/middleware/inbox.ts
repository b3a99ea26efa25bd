import type { Context } from "hono";
import { Cost } from "../core/rates/costs.ts";
import type { Outcome } from "../durable/outcome.ts";
import { ask } from "../durable/rpc.ts";
import { Code, errorCode } from "../protocol/codes.ts";
import type { AppEnv } from "./context.ts";

/** The inbox of the caller. */
export function ownInbox(c: Context<AppEnv>) {
  return c.env.INBOX.getByName(c.get("login").user_id);
}

/**
 * For routes that ask the inbox nothing else: checks that the login is living and within its rate.
 * @throws NexoError TOKEN_INVALID, TOO_MANY_REQUESTS
 */
export async function authorize(c: Context<AppEnv>, cost: number = Cost.ASKS): Promise<void> {
  await ask(ownInbox(c).authorize(c.get("login"), cost));
}

/**
 * The error for a request that fails before the inbox has checked its token: an ended login takes precedence over the
 * failure, and the failure over a rate. [ROLE-2]
 */
export async function tokenFirst(c: Context<AppEnv>, error: unknown): Promise<unknown> {
  if (c.get("login") === undefined) return error;
  try {
    await authorize(c, Cost.OWN);
    return error;
  } catch (refusal) {
    return errorCode(refusal) === Code.TOO_MANY_REQUESTS ? error : refusal;
  }
}

/**
 * Reads something else once the inbox has accepted the request. Not in parallel: a client over its rate could start as
 * many objects as it can invent ids. [RATE-3]
 */
export async function authorizedRead<T>(c: Context<AppEnv>, read: () => Promise<Outcome<T>>): Promise<T> {
  await authorize(c);
  return await ask(read());
}
