import { type Credentials, findCredentials } from "../directory/users.ts";
import type { ErasureMode } from "../protocol/account-model.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { ExportPlace } from "../protocol/leaving.ts";
import type { Millis } from "../protocol/model.ts";
import { declareCall } from "./call.ts";
import type { TokenClaims } from "./logins.ts";

/** How far the export of a user is. */
export interface ExportState {
  readonly export_id: string;
  readonly requested_at: Millis;
  /** When its parts are deleted. */
  readonly expires_at: Millis;
  /** The bytes so far. */
  readonly size: number;
  readonly is_ready: boolean;
  /** Where another export can go on; null if nothing is left. Absent in an answer of an older release. */
  readonly next?: ExportPlace | null;
}

/**
 * Calls of the Worker to a user's inbox on behalf of the operator: by the server API, and for logins that another
 * issuer vouches for. The features `logins` and `profiles` answer them, `exports` the last one;
 * `erase` and `export` also as requests of the user.
 */
export const ACCOUNT_CALLS = {
  /**
   * Starts a login without a password, as if the right password had been given.
   * @throws ACCOUNT_GONE if the user is banned or erased
   */
  signIn: declareCall<{ readonly platform_id: number; readonly lifetime?: number | undefined }, TokenClaims>(
    "accounts.sign_in",
  ),
  /** Ends the login of one platform, or every login. */
  logout: declareCall<{ readonly platform_id?: number | undefined }, void>("accounts.logout"),
  /** Ends every login and refuses new ones. */
  ban: declareCall<null, void>("accounts.ban"),
  unban: declareCall<null, void>("accounts.unban"),
  isBanned: declareCall<null, boolean>("accounts.is_banned"),
  /** Ends every login at once, and begins to erase the account. A repeat changes nothing. [ERASE-1] */
  erase: declareCall<{ readonly mode: ErasureMode }, void>("accounts.erase"),
  /**
   * Begins an export of what the user can see, from a place on if one is given; while one lasts, it tells how far that
   * is. [EXPORT-2]
   */
  export: declareCall<{ readonly after?: ExportPlace | undefined } | null, ExportState>("accounts.export"),
  /** Replaces the password and ends every login. False when the password no longer has the expected version. */
  setPassword: declareCall<{ readonly expected_version: number; readonly password_hash: string }, boolean>(
    "accounts.set_password",
  ),
  /** The name or the picture is about to change in D1. */
  renaming: declareCall<null, void>("accounts.renaming"),
};

/** The credentials of an account. @throws NexoError USER_NOT_FOUND, ACCOUNT_GONE once it is erased */
export async function livingCredentials(db: D1Database, userId: string): Promise<Credentials> {
  const credentials = await findCredentials(db, userId);
  if (!credentials) throw new NexoError(Code.USER_NOT_FOUND);
  if (credentials.erased_at > 0) throw new NexoError(Code.ACCOUNT_GONE);
  return credentials;
}
