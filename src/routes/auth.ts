import { type Context, Hono } from "hono";
import { hashPassword, verifyPassword } from "../accounts/password.ts";
import { signToken } from "../accounts/tokens.ts";
import { findCredentials, findUser, insertUser } from "../directory/users.ts";
import { ask } from "../durable/stubs.ts";
import { settingsOf } from "../env.ts";
import type { AppEnv } from "../middleware/context.ts";
import { ok } from "../middleware/envelope.ts";
import { addressOf, floodLimited } from "../middleware/flood.ts";
import { body } from "../middleware/validate.ts";
import { loginBody, passwordBody, registerBody } from "../protocol/bodies.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { randomId } from "../protocol/ids.ts";

/** A password that changes between its check and the login is checked anew; more often than this nobody changes it. */
const LOGIN_ATTEMPTS = 3;

export const auth = new Hono<AppEnv>()
  .post("/register", floodLimited("REGISTER_LIMIT"), body(registerBody), async (c) => {
    const { user_id = randomId(), nickname, password, avatar = "" } = c.req.valid("json");
    const created_at = Date.now();
    const password_hash = await hashPassword(password);
    const inserted = await insertUser(c.env.DB, { user_id, nickname, avatar, password_hash, created_at });
    if (!inserted) throw new NexoError(Code.USER_EXISTS);
    await c.env.INBOX.getByName(user_id).create();
    return ok(c, { user_id, id: user_id, nickname, avatar, extra: "", created_at });
  })

  .post("/login", floodLimited("LOGIN_LIMIT"), body(loginBody), async (c) => {
    const { user_id, password, platform_id } = c.req.valid("json");
    for (let attempt = 0; attempt < LOGIN_ATTEMPTS; attempt++) {
      const version = await provenVersion(c, user_id, password);
      const claims = await c.env.INBOX.getByName(user_id).signIn(platform_id, version);
      if (!claims) continue;
      const token = await signToken(settingsOf(c.env).JWT_SECRET, claims);
      return ok(c, { token, expires_at: claims.exp * 1_000, user_info: await findUser(c.env.DB, user_id) });
    }
    throw new NexoError(Code.WRONG_PASSWORD);
  })

  .post("/logout", async (c) => {
    const login = c.get("login");
    await ask(c.env.INBOX.getByName(login.user_id).signOut(login));
    return ok(c, null);
  })

  .post("/refresh", async (c) => {
    const login = c.get("login");
    const claims = await ask(c.env.INBOX.getByName(login.user_id).refresh(login));
    return ok(c, { token: await signToken(settingsOf(c.env).JWT_SECRET, claims), expires_at: claims.exp * 1_000 });
  })

  .post("/password", floodLimited("LOGIN_LIMIT"), body(passwordBody), async (c) => {
    const login = c.get("login");
    const { old_password, new_password } = c.req.valid("json");
    const inbox = c.env.INBOX.getByName(login.user_id);
    await ask(inbox.authorize(login));
    const version = await provenVersion(c, login.user_id, old_password);
    const hash = await hashPassword(new_password);
    const changed = await ask(inbox.changePassword(login, version, hash));
    if (!changed) throw new NexoError(Code.WRONG_PASSWORD, "old_password: was changed meanwhile");
    return ok(c, null);
  });

/**
 * The version of a user's password, if this is it.
 * @throws NexoError USER_NOT_FOUND, WRONG_PASSWORD, TOO_MANY_REQUESTS after too many wrong ones from an address
 */
async function provenVersion(c: Context<AppEnv>, userId: string, password: string): Promise<number> {
  const credentials = await findCredentials(c.env.DB, userId);
  if (!credentials) throw new NexoError(Code.USER_NOT_FOUND);
  const inbox = c.env.INBOX.getByName(userId);
  const address = addressOf(c);
  await ask(inbox.checkAddress(address));
  if (!(await verifyPassword(password, credentials.password_hash))) {
    await inbox.passwordFailed(address);
    throw new NexoError(Code.WRONG_PASSWORD);
  }
  return credentials.password_version;
}
