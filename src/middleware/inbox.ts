import type { Context } from "hono";
import type { Call } from "../core/call.ts";
import { Cost } from "../core/rates/costs.ts";
import { AUTHORIZE, askInbox, askObject, type InboxRpc } from "../core/rpc.ts";
import { Code, errorCode } from "../protocol/codes.ts";
import type { AppEnv } from "./context.ts";
import { RecentLogins } from "./recent-logins.ts";

/** The inbox of the caller. */
export function ownInbox(c: Context<AppEnv>): InboxRpc {
  return c.env.INBOX.getByName(c.get("login").user_id);
}

/** Makes a request of the caller's own inbox. @throws NexoError TOKEN_INVALID, TOO_MANY_REQUESTS, its refusal */
export function askOwn<Input, Output>(c: Context<AppEnv>, call: Call<Input, Output>, input: Input): Promise<Output> {
  return askInbox(ownInbox(c), c.get("login"), call, input);
}

/**
 * For routes that ask the inbox nothing else: checks that the login is living and within its rate.
 * @throws NexoError TOKEN_INVALID, TOO_MANY_REQUESTS
 */
export function authorize(c: Context<AppEnv>, cost: number = Cost.ASKS): Promise<void> {
  return askOwn(c, AUTHORIZE, cost);
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

const recentLogins = new RecentLogins();

/**
 * Reads a conversation, and answers once the inbox has accepted the request. The read begins at once if the login's
 * last request was accepted a moment ago. Otherwise it waits: a client over its rate could start as many objects as it
 * can invent ids. [RATE-3] @throws NexoError TOKEN_INVALID, TOO_MANY_REQUESTS, then those of the call
 */
export async function readAuthorized<Input, Output>(
  c: Context<AppEnv>,
  conversationId: string,
  call: Call<Input, Output>,
  input: Input,
): Promise<Output> {
  const read = () => askObject(c.env.CONVERSATION.getByName(conversationId), call, input);
  return await recentLogins.run(c.get("login").login_id, () => authorize(c), read);
}
