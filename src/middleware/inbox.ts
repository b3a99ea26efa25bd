import type { Context } from "hono";
import type { Outcome } from "../durable/outcome.ts";
import { ask } from "../durable/stubs.ts";
import type { AppEnv } from "./context.ts";

/** The inbox of the caller. */
export function ownInbox(c: Context<AppEnv>) {
  return c.env.INBOX.getByName(c.get("login").user_id);
}

/** For routes that ask the inbox nothing else: whether the login still lives. @throws NexoError TOKEN_INVALID */
export async function authorize(c: Context<AppEnv>): Promise<void> {
  await ask(ownInbox(c).authorize(c.get("login")));
}

/**
 * What to answer when a request fails before the inbox has seen its token: a dead login comes before
 * anything else that is wrong. [ROLE-2]
 */
export async function tokenFirst(c: Context<AppEnv>, error: unknown): Promise<unknown> {
  if (c.get("login") === undefined) return error;
  try {
    await authorize(c);
    return error;
  } catch (dead) {
    return dead;
  }
}

/**
 * Reads something else while the inbox checks the login: nothing of it is shown unless the login lives, and
 * its errors come after the token's.
 */
export async function authorizedRead<T>(c: Context<AppEnv>, read: Promise<Outcome<T>>): Promise<T> {
  const [authorization, result] = await Promise.allSettled([authorize(c), ask(read)]);
  if (authorization.status === "rejected") throw authorization.reason;
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
