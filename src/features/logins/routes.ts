import type { Context } from "hono";
import type { Login } from "../../core/calls.ts";
import { findCredentials, findUser, insertUser } from "../../directory/users.ts";
import { ask } from "../../durable/rpc.ts";
import { settingsOf } from "../../env.ts";
import { log } from "../../log.ts";
import { bearerToken } from "../../middleware/authenticate.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { addressOf } from "../../middleware/flood.ts";
import type { HandlersBelow } from "../../middleware/route.ts";
import { signToken, verifyToken } from "../../middleware/tokens.ts";
import { Code, errorCode, NexoError } from "../../protocol/codes.ts";
import { randomId } from "../../protocol/ids.ts";
import { networkOf } from "./network.ts";
import { hashPassword, verifyPassword } from "./password.ts";

/** A password that changes between its check and the login is checked anew; more often than this nobody changes it. */
const LOGIN_ATTEMPTS = 3;

export const auth: HandlersBelow<"auth"> = {
  "POST /auth/register": async ({ body: { user_id = randomId(), nickname, password, avatar = "" } }, c) => {
    const created_at = Date.now();
    const password_hash = await hashPassword(password);
    const inserted = await insertUser(c.env.DB, { user_id, nickname, avatar, password_hash, created_at });
    if (!inserted) throw new NexoError(Code.USER_EXISTS);
    await c.env.INBOX.getByName(user_id).create();
    return { user_id, id: user_id, nickname, avatar, extra: "", created_at };
  },

  "POST /auth/login": async ({ body: { user_id, password, platform_id } }, c) => {
    const login = await loginGiven(c, user_id);
    for (let attempt = 0; attempt < LOGIN_ATTEMPTS; attempt++) {
      const version = await provenVersion(c, user_id, password, login);
      const network = networkOf(addressOf(c));
      const claims = await c.env.INBOX.getByName(user_id).signIn(platform_id, version, network);
      if (!claims) continue;
      const token = await signToken(settingsOf(c.env).JWT_SECRET, claims);
      const user_info = await findUser(c.env.DB, user_id);
      if (!user_info) throw new NexoError(Code.USER_NOT_FOUND);
      return { token, expires_at: claims.exp * 1_000, user_info };
    }
    throw new NexoError(Code.WRONG_PASSWORD);
  },

  "POST /auth/logout": async (_, c) => {
    const login = c.get("login");
    await ask(c.env.INBOX.getByName(login.user_id).signOut(login));
    return null;
  },

  "POST /auth/refresh": async (_, c) => {
    const login = c.get("login");
    const claims = await ask(c.env.INBOX.getByName(login.user_id).refresh(login));
    return { token: await signToken(settingsOf(c.env).JWT_SECRET, claims), expires_at: claims.exp * 1_000 };
  },

  "POST /auth/password": async ({ body: { old_password, new_password } }, c) => {
    const login = c.get("login");
    const inbox = c.env.INBOX.getByName(login.user_id);
    await ask(inbox.authorize(login));
    const version = await provenVersion(c, login.user_id, old_password, login);
    const hash = await hashPassword(new_password);
    const changed = await ask(inbox.changePassword(login, version, hash, networkOf(addressOf(c))));
    if (!changed) throw new NexoError(Code.WRONG_PASSWORD, "old_password: was changed meanwhile");
    return null;
  },
};

/**
 * The version of a user's password, if this is it. A failure is logged with account and address.
 * @param login vouches for who is asking. [LOGIN-8]
 * @throws NexoError USER_NOT_FOUND, WRONG_PASSWORD, TOO_MANY_REQUESTS after too many wrong ones
 */
async function provenVersion(
  c: Context<AppEnv>,
  userId: string,
  password: string,
  login: Login | null,
): Promise<number> {
  try {
    const credentials = await findCredentials(c.env.DB, userId);
    if (!credentials) throw new NexoError(Code.USER_NOT_FOUND);
    await ask(c.env.INBOX.getByName(userId).admitPassword(networkOf(addressOf(c)), login));
    if (!(await verifyPassword(password, credentials.password_hash))) throw new NexoError(Code.WRONG_PASSWORD);
    return credentials.password_version;
  } catch (error) {
    const code = errorCode(error);
    if (code)
      log("warn", "login_failed", { request_id: c.get("requestId"), user: userId, address: addressOf(c), code });
    throw error;
  }
}

/** The login of a token that came along though none is needed: its owner does not wait for others' guesses. */
async function loginGiven(c: Context<AppEnv>, userId: string): Promise<Login | null> {
  try {
    const token = bearerToken(c.req.header("Authorization"));
    const login = token === undefined ? null : await verifyToken(settingsOf(c.env), token);
    return login?.user_id === userId ? login : null;
  } catch {
    return null;
  }
}
