import { Hono } from "hono";
import { hashPassword, verifyPassword } from "../accounts/password.ts";
import { signToken } from "../accounts/tokens.ts";
import { findCredentials, findUser, insertUser } from "../directory/users.ts";
import { settingsOf } from "../env.ts";
import type { AppEnv } from "../middleware/context.ts";
import { ok } from "../middleware/envelope.ts";
import { floodLimited } from "../middleware/flood.ts";
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
      const credentials = await findCredentials(c.env.DB, user_id);
      if (!credentials) throw new NexoError(Code.USER_NOT_FOUND);
      if (!(await verifyPassword(password, credentials.password_hash))) throw new NexoError(Code.WRONG_PASSWORD);
      const claims = await c.env.INBOX.getByName(user_id).signIn(platform_id, credentials.password_version);
      if (!claims) continue;
      const token = await signToken(settingsOf(c.env).JWT_SECRET, claims);
      return ok(c, { token, expires_at: claims.exp * 1_000, user_info: await findUser(c.env.DB, user_id) });
    }
    throw new NexoError(Code.WRONG_PASSWORD);
  })

  .post("/logout", async (c) => {
    const login = c.get("login");
    await c.env.INBOX.getByName(login.user_id).signOut(login);
    return ok(c, null);
  })

  .post("/refresh", async (c) => {
    const login = c.get("login");
    const claims = await c.env.INBOX.getByName(login.user_id).refresh(login);
    return ok(c, { token: await signToken(settingsOf(c.env).JWT_SECRET, claims), expires_at: claims.exp * 1_000 });
  })

  .post("/password", floodLimited("LOGIN_LIMIT"), body(passwordBody), async (c) => {
    const login = c.get("login");
    const { old_password, new_password } = c.req.valid("json");
    const inbox = c.env.INBOX.getByName(login.user_id);
    await inbox.authorize(login);
    const credentials = await findCredentials(c.env.DB, login.user_id);
    if (!credentials || !(await verifyPassword(old_password, credentials.password_hash))) {
      throw new NexoError(Code.WRONG_PASSWORD);
    }
    const hash = await hashPassword(new_password);
    const changed = await inbox.changePassword(login, credentials.password_version, hash);
    if (!changed) throw new NexoError(Code.WRONG_PASSWORD, "old_password: was changed meanwhile");
    return ok(c, null);
  });
