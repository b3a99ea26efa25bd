import type { Context } from "hono";
import { ACCOUNT_CALLS } from "../../core/accounts.ts";
import { tell } from "../../core/events.ts";
import { NO_PASSWORD } from "../../core/passwords.ts";
import { askObject } from "../../core/rpc.ts";
import { type Credentials, findCredentials, findUser, insertUser } from "../../directory/users.ts";
import { type Settings, settingsOf } from "../../env.ts";
import type { Issuer } from "../../issuers.ts";
import { log } from "../../log.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { addressOf } from "../../middleware/flood.ts";
import type { Handlers } from "../../middleware/route.ts";
import { signToken } from "../../middleware/tokens.ts";
import { Code, errorCode, NexoError } from "../../protocol/codes.ts";
import { type ForeignUser, verifyForeign } from "./foreign-tokens.ts";

/** Signing in with a token of the application's own issuer. The login is one of ours, like any other. */
export const exchangeRoute: Pick<Handlers, "POST /auth/exchange"> = {
  "POST /auth/exchange": async ({ body: { token: foreign, platform_id } }, c) => {
    try {
      const user = await verifyForeign(settingsOf(c.env).LOGIN_ISSUERS ?? [], foreign);
      await ensureAccount(c, user);
      const claims = await askObject(c.env.INBOX.getByName(user.user_id), ACCOUNT_CALLS.signIn, { platform_id });
      const user_info = await findUser(c.env.DB, user.user_id);
      if (!user_info) throw new NexoError(Code.USER_NOT_FOUND);
      const token = await signToken(settingsOf(c.env).JWT_SECRET, claims);
      return { token, expires_at: claims.exp * 1_000, user_info };
    } catch (error) {
      const code = errorCode(error);
      if (code && error instanceof Error) {
        const what = { request_id: c.get("requestId"), address: addressOf(c), code, detail: error.message };
        log("warn", "exchange_failed", what);
      }
      throw error;
    }
  },
};

/**
 * @throws NexoError FOREIGN_TOKEN for an account with a password: somebody may have registered it with this id before
 *   the issuer's prefix was reserved [TRUST-2]
 */
export function assertEnters({ joins_passwords }: Issuer, account: Credentials | undefined): void {
  if (!account || account.password_hash === NO_PASSWORD || joins_passwords) return;
  throw new NexoError(Code.FOREIGN_TOKEN, "token: its user has an account with a password");
}

/**
 * Makes the account of a foreign user, if there is none.
 * @throws NexoError as `assertEnters`; ACCOUNT_GONE for an erased account: nobody gets its id again [ERASE-4]
 */
async function ensureAccount(c: Context<AppEnv>, { issuer, user_id, nickname, avatar }: ForeignUser): Promise<void> {
  const known = await findCredentials(c.env.DB, user_id);
  if (known && known.erased_at > 0) throw new NexoError(Code.ACCOUNT_GONE);
  assertEnters(issuer, known);
  if (known) return;
  const account = { user_id, nickname, avatar, password_hash: NO_PASSWORD, created_at: Date.now() };
  // False when another exchange was first. Nobody can register such an id.
  const created = await insertUser(c.env.DB, account);
  if (created) await tell(c.env, "user.registered", { user_id, nickname, avatar });
}

/** Ids with the prefix of an issuer belong to that issuer's users. @throws NexoError INVALID_PARAMETER [TRUST-2] */
export function assertNotForeign({ LOGIN_ISSUERS = [] }: Settings, userId: string): void {
  const owner = LOGIN_ISSUERS.find(({ prefix }) => userId.startsWith(prefix));
  if (!owner) return;
  const which = owner.prefix === "" ? "" : ` that begin with ${owner.prefix}`;
  throw new NexoError(Code.INVALID_PARAMETER, `user_id: ids${which} belong to users who sign in elsewhere`);
}
