import type { Context } from "hono";
import { ACCOUNT_CALLS, livingCredentials } from "../../core/accounts.ts";
import { tell } from "../../core/events.ts";
import { hashPassword, isAcceptableHash, NO_PASSWORD } from "../../core/passwords.ts";
import { askObject, type InboxRpc } from "../../core/rpc.ts";
import { findCredentials, findUser, importUsers, insertUser, updateUser } from "../../directory/users.ts";
import { settingsOf } from "../../env.ts";
import type { AppEnv } from "../../middleware/context.ts";
import type { Handlers } from "../../middleware/route.ts";
import { signToken } from "../../middleware/tokens.ts";
import { Code, NexoError } from "../../protocol/codes.ts";

/** A password that another change replaced meanwhile is set again, with at most this many attempts. */
const PASSWORD_ATTEMPTS = 3;

/** The feature `exports` has the other route of users. */
type Keys = Exclude<
  Extract<keyof Handlers, `${string} /admin/users${string}` | "POST /admin/tokens">,
  "POST /admin/users/:user_id/export"
>;

/** Accounts, for the backend of an application. */
export const adminUserRoutes: Pick<Handlers, Keys> = {
  "POST /admin/users": async ({ body: { user_id, password, password_hash, ...profile } }, c) => {
    const { nickname, avatar = "", extra = "" } = profile;
    const hash = password === undefined ? acceptedHash(password_hash) : await hashPassword(password);
    const account = { user_id, nickname, avatar, extra, password_hash: hash, created_at: Date.now() };
    const created = await insertUser(c.env.DB, account);
    if (created) await tell(c.env, "user.registered", { user_id, nickname, avatar });
    else await changeProfile(c, user_id, profile);
    return { user: await accountOf(c, user_id), created };
  },

  "POST /admin/users/import": async ({ body: { users } }, c) => {
    const now = Date.now();
    const accounts = users.map(({ avatar = "", extra = "", password_hash, created_at = now, ...user }, index) => ({
      ...user,
      avatar,
      extra,
      password_hash: acceptedHash(password_hash, `users.${index}.`),
      created_at,
    }));
    const made = await importUsers(c.env.DB, accounts);
    return accounts.map(({ user_id }) => ({ user_id, code: made.delete(user_id) ? Code.OK : Code.USER_EXISTS }));
  },

  "GET /admin/users/:user_id": ({ params: { user_id } }, c) => accountOf(c, user_id),

  "PUT /admin/users/:user_id": async ({ params: { user_id }, body }, c) => {
    await changeProfile(c, user_id, body);
    return await accountOf(c, user_id);
  },

  "POST /admin/users/:user_id/password": async ({ params: { user_id }, body: { password } }, c) => {
    const password_hash = await hashPassword(password);
    for (let attempt = 0; attempt < PASSWORD_ATTEMPTS; attempt++) {
      const { password_version: expected_version } = await livingCredentials(c.env.DB, user_id);
      const change = { expected_version, password_hash };
      if (await askObject(inboxOf(c, user_id), ACCOUNT_CALLS.setPassword, change)) return null;
    }
    throw new NexoError(Code.SHUTTING_DOWN);
  },

  "POST /admin/users/:user_id/ban": async ({ params: { user_id } }, c) => {
    await askObject(await existing(c, user_id), ACCOUNT_CALLS.ban, null);
    await tell(c.env, "user.banned", { user_id });
    return null;
  },

  "POST /admin/users/:user_id/unban": async ({ params: { user_id } }, c) => {
    await askObject(await existing(c, user_id), ACCOUNT_CALLS.unban, null);
    return null;
  },

  "POST /admin/users/:user_id/logout": async ({ params: { user_id }, body }, c) => {
    await askObject(await existing(c, user_id), ACCOUNT_CALLS.logout, body);
    return null;
  },

  "POST /admin/users/:user_id/erase": async ({ params: { user_id }, body: { mode } }, c) => {
    if (!(await findUser(c.env.DB, user_id))) throw new NexoError(Code.USER_NOT_FOUND);
    await askObject(inboxOf(c, user_id), ACCOUNT_CALLS.erase, { mode });
    return null;
  },

  "POST /admin/tokens": async ({ body: { user_id, platform_id, ttl: lifetime } }, c) => {
    const claims = await askObject(await existing(c, user_id), ACCOUNT_CALLS.signIn, { platform_id, lifetime });
    return { token: await signToken(settingsOf(c.env).JWT_SECRET, claims), expires_at: claims.exp * 1_000 };
  },
};

/** @throws NexoError INVALID_PARAMETER for a hash that cannot be checked here, or that takes too long to check */
function acceptedHash(hash: string | undefined, path = ""): string {
  if (hash === undefined || hash === NO_PASSWORD) return NO_PASSWORD;
  if (isAcceptableHash(hash)) return hash;
  throw new NexoError(
    Code.INVALID_PARAMETER,
    `${path}password_hash: must be bcrypt with a cost of 4 to 12, or a PHC string of scrypt with N·r·p up to 2^20`,
  );
}

/** Peers see the new name or picture in their lists. @throws NexoError USER_NOT_FOUND */
async function changeProfile(
  c: Context<AppEnv>,
  userId: string,
  profile: { nickname?: string | undefined; avatar?: string | undefined; extra?: string | undefined },
): Promise<void> {
  const { nickname, avatar, extra } = profile;
  const inbox = await existing(c, userId);
  if (nickname !== undefined || avatar !== undefined) await askObject(inbox, ACCOUNT_CALLS.renaming, null);
  const user = await updateUser(c.env.DB, userId, { nickname, avatar, extra });
  if (!user) throw new NexoError(Code.USER_NOT_FOUND);
  await tell(c.env, "user.updated", {
    user_id: userId,
    nickname: user.nickname,
    avatar: user.avatar,
    extra: user.extra,
  });
}

/** @throws NexoError USER_NOT_FOUND */
async function accountOf(c: Context<AppEnv>, userId: string) {
  const [user, credentials] = await Promise.all([findUser(c.env.DB, userId), findCredentials(c.env.DB, userId)]);
  if (!user || !credentials) throw new NexoError(Code.USER_NOT_FOUND);
  const is_banned = await askObject(inboxOf(c, userId), ACCOUNT_CALLS.isBanned, null);
  return { ...user, is_banned, has_password: credentials.password_hash !== NO_PASSWORD };
}

/** The inbox of a user. An invented id starts no object. @throws NexoError USER_NOT_FOUND, ACCOUNT_GONE */
async function existing(c: Context<AppEnv>, userId: string): Promise<InboxRpc> {
  await livingCredentials(c.env.DB, userId);
  return inboxOf(c, userId);
}

function inboxOf(c: Context<AppEnv>, userId: string): InboxRpc {
  return c.env.INBOX.getByName(userId);
}
