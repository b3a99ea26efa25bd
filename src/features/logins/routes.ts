import type { Context } from "hono";
import { ACCOUNT_CALLS, livingCredentials } from "../../core/accounts.ts";
import { ask } from "../../core/before.ts";
import { tell } from "../../core/events.ts";
import { hashPassword, isForeignHash, verifyPassword } from "../../core/passwords.ts";
import { askObject } from "../../core/rpc.ts";
import { type Credentials, findCredentials, findUser, insertUser, rehashPassword } from "../../directory/users.ts";
import type { Login } from "../../durable/upgrade.ts";
import { settingsOf } from "../../env.ts";
import { detailOf, log } from "../../log.ts";
import { bearerToken } from "../../middleware/authenticate.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { addressOf } from "../../middleware/flood.ts";
import { askOwn, authorize, ownInbox } from "../../middleware/inbox.ts";
import { networkOf } from "../../middleware/network.ts";
import type { HandlersBelow } from "../../middleware/route.ts";
import { signToken, verifyToken } from "../../middleware/tokens.ts";
import { RESERVED_USERS } from "../../protocol/account-model.ts";
import { Code, errorCode, NexoError } from "../../protocol/codes.ts";
import { randomId } from "../../protocol/ids.ts";
import {
  admitPassword,
  changePassword,
  createInbox,
  endSession,
  listSessions,
  refresh,
  signIn,
  signOut,
} from "./calls.ts";
import { assertUncommon } from "./common-passwords.ts";
import { assertEnters, assertNotForeign, exchangeRoute } from "./exchange.ts";
import { verifyForeign } from "./foreign-tokens.ts";

/** If the password changes between its check and the login, it is checked again, with at most this many attempts. */
const LOGIN_ATTEMPTS = 3;

export const loginRoutes: HandlersBelow<"auth"> = {
  ...exchangeRoute,

  "POST /auth/register": async ({ body: { user_id = randomId(), nickname, password, avatar = "" } }, c) => {
    assertNotForeign(settingsOf(c.env), user_id);
    if (refusesCommon(c)) assertUncommon("password", password);
    await assertAllowed(c, user_id, nickname, avatar);
    const created_at = Date.now();
    const password_hash = await hashPassword(password);
    const inserted = await insertUser(c.env.DB, { user_id, nickname, avatar, password_hash, created_at });
    if (!inserted) throw new NexoError(Code.USER_EXISTS);
    await askObject(c.env.INBOX.getByName(user_id), createInbox, null);
    await tell(c.env, "user.registered", { user_id, nickname, avatar });
    return { user_id, id: user_id, nickname, avatar, extra: "", created_at };
  },

  "POST /auth/login": async ({ body: { user_id, password, platform_id } }, c) => {
    const login = await loginGiven(c, user_id);
    for (let attempt = 0; attempt < LOGIN_ATTEMPTS; attempt++) {
      const version = await provenVersion(c, user_id, password, login);
      const network = networkOf(addressOf(c));
      const signing = { platform_id, password_version: version, network, country: countryOf(c) };
      const claims = await askObject(c.env.INBOX.getByName(user_id), signIn, signing);
      if (!claims) continue;
      const token = await signToken(settingsOf(c.env).JWT_SECRET, claims);
      const user_info = await findUser(c.env.DB, user_id);
      if (!user_info) throw new NexoError(Code.USER_NOT_FOUND);
      return { token, expires_at: claims.exp * 1_000, user_info };
    }
    throw new NexoError(Code.WRONG_PASSWORD);
  },

  "GET /auth/sessions": (_, c) => askOwn(c, listSessions, null),

  "POST /auth/sessions/end": async ({ body }, c) => {
    await askOwn(c, endSession, body);
    return null;
  },

  "POST /auth/logout": async (_, c) => {
    await askOwn(c, signOut, null);
    return null;
  },

  "POST /auth/refresh": async (_, c) => {
    const claims = await askObject(ownInbox(c), refresh, c.get("login"));
    return { token: await signToken(settingsOf(c.env).JWT_SECRET, claims), expires_at: claims.exp * 1_000 };
  },

  "POST /auth/password": async ({ body: { old_password, new_password } }, c) => {
    const login = c.get("login");
    await authorize(c);
    if (refusesCommon(c)) assertUncommon("new_password", new_password);
    const version = await provenVersion(c, login.user_id, old_password, login);
    const password_hash = await hashPassword(new_password);
    const change = { expected_version: version, password_hash, network: networkOf(addressOf(c)) };
    const changed = await askOwn(c, changePassword, change);
    if (!changed) throw new NexoError(Code.WRONG_PASSWORD, "old_password: was changed meanwhile");
    return null;
  },

  "POST /auth/erase": async ({ body: { password, token, mode } }, c) => {
    await authorize(c);
    await assertOwner(c, password, token);
    await askOwn(c, ACCOUNT_CALLS.erase, { mode });
    return null;
  },
};

/**
 * Checks that the owner of the account asks, and not somebody who found an open device or a token. An account without a
 * password has another issuer, which vouches for its owner by a new token.
 * @throws NexoError INVALID_PARAMETER, WRONG_PASSWORD, TOO_MANY_REQUESTS, FOREIGN_TOKEN
 */
async function assertOwner(c: Context<AppEnv>, password: string | undefined, foreign: string | undefined) {
  const login = c.get("login");
  if (foreign === undefined) {
    if (password === undefined) throw new NexoError(Code.INVALID_PARAMETER, "password: is missing");
    await provenVersion(c, login.user_id, password, login);
    return;
  }
  const user = await verifyForeign(settingsOf(c.env).LOGIN_ISSUERS ?? [], foreign);
  if (user.user_id !== login.user_id) throw new NexoError(Code.FOREIGN_TOKEN, "token: is another user's");
  assertEnters(user.issuer, await findCredentials(c.env.DB, user.user_id));
}

/**
 * Checks a user's password and returns its version. A failure is logged with account and address.
 * @param login identifies the caller as the owner. [LOGIN-8]
 * @throws NexoError USER_NOT_FOUND, ACCOUNT_GONE, WRONG_PASSWORD, TOO_MANY_REQUESTS after too many wrong passwords
 */
async function provenVersion(
  c: Context<AppEnv>,
  userId: string,
  password: string,
  login: Login | null,
): Promise<number> {
  try {
    const credentials = await livingCredentials(c.env.DB, userId);
    // Whatever D1 says: an earlier release let the server API give `system` a password. [KEY-3]
    if (RESERVED_USERS.has(userId)) throw new NexoError(Code.WRONG_PASSWORD);
    const guess = { network: networkOf(addressOf(c)), login };
    await askObject(c.env.INBOX.getByName(userId), admitPassword, guess);
    if (!(await verifyPassword(password, credentials.password_hash))) throw new NexoError(Code.WRONG_PASSWORD);
    if (isForeignHash(credentials.password_hash)) await renewHash(c, userId, password, credentials);
    return credentials.password_version;
  } catch (error) {
    const code = errorCode(error);
    if (code)
      log("warn", "login_failed", { request_id: c.get("requestId"), user: userId, address: addressOf(c), code });
    throw error;
  }
}

function refusesCommon(c: Context<AppEnv>): boolean {
  return settingsOf(c.env).COMMON_PASSWORDS === "refuse";
}

/** @throws NexoError REFUSED_BY_APP */
async function assertAllowed(c: Context<AppEnv>, user_id: string, nickname: string, avatar: string): Promise<void> {
  const verdict = await ask(c.env, "user.registering", JSON.stringify({ user_id, nickname, avatar }));
  if (verdict.action === "deny") throw new NexoError(Code.REFUSED_BY_APP, verdict.msg);
}

/** Replaces a hash that was imported. The password stays the same, so no login ends. A failure leaves the old hash. */
async function renewHash(c: Context<AppEnv>, userId: string, password: string, old: Credentials): Promise<void> {
  try {
    await rehashPassword(c.env.DB, userId, old, await hashPassword(password));
  } catch (error) {
    log("warn", "rehash_failed", { request_id: c.get("requestId"), user: userId, detail: detailOf(error) });
  }
}

/** The login of an optional token. With it the owner does not wait because of the guesses of others. */
async function loginGiven(c: Context<AppEnv>, userId: string): Promise<Login | null> {
  try {
    const token = bearerToken(c.req.header("Authorization"));
    const login = token === undefined ? null : await verifyToken(settingsOf(c.env), token);
    return login?.user_id === userId ? login : null;
  } catch {
    return null;
  }
}

/** The country of the caller's address; "" if Cloudflare does not tell it, as on a developer's machine. */
function countryOf(c: Context<AppEnv>): string {
  const { cf } = c.req.raw;
  return typeof cf?.country === "string" ? cf.country : "";
}
