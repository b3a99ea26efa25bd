import { declareCall } from "../../core/call.ts";
import type { TokenClaims } from "../../core/logins.ts";
import type { Login } from "../../durable/upgrade.ts";
import type { Session } from "../../protocol/account-model.ts";

// ---- Calls of the Worker to an Inbox

/** Creates the inbox of a new user. A repeated call changes nothing. */
export const createInbox = declareCall<null, void>("logins.create_inbox");

/**
 * Allows the check of a password from a network. It counts as wrong unless a sign-in or password change follows. A
 * verified login identifies the caller as the owner while it is valid.
 * @throws TOO_MANY_REQUESTS after wrong passwords [LOGIN-8]
 */
export const admitPassword = declareCall<{ readonly network: string; readonly login: Login | null }, void>(
  "logins.admit_password",
);

/**
 * Starts a login. It replaces the last one of the platform, whose sockets are told and closed. Null when the
 * checked password has been changed meanwhile.
 */
export const signIn = declareCall<
  {
    readonly platform_id: number;
    readonly password_version: number;
    readonly network: string;
    /** The country of the address, for the user's own list of sessions. */
    readonly country?: string;
  },
  TokenClaims | null
>("logins.sign_in");

/** Returns the claims of a new token. Sockets stay open. The previous token may repeat it. @throws TOKEN_INVALID */
export const refresh = declareCall<Login, TokenClaims>("logins.refresh");

// ---- Requests of a user to their Inbox

/** The user's logins, the most recently used first. */
export const listSessions = declareCall<null, readonly Session[]>("logins.sessions");

/** Ends the login of a platform, with all its sockets. @throws NOT_FOUND */
export const endSession = declareCall<{ readonly platform_id: number }, void>("logins.end_session");

export const signOut = declareCall<null, void>("logins.sign_out");

/**
 * Changes the password and ends every other login. False when the password no longer has the expected version. The
 * network is the one that the right password came from.
 */
export const changePassword = declareCall<
  { readonly expected_version: number; readonly password_hash: string; readonly network: string },
  boolean
>("logins.change_password");
