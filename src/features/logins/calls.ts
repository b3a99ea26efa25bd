import { declareCall } from "../../core/call.ts";
import type { TokenClaims } from "../../core/logins.ts";
import type { Login } from "../../durable/upgrade.ts";

// ---- What an Inbox answers the Worker

/** Makes the inbox of a new user; a repeat changes nothing. */
export const createInbox = declareCall<null, void>("logins.create_inbox");

/**
 * Lets a password from a network be checked. It counts as wrong unless a sign-in or a change of password follows. A
 * verified login vouches for who is asking while it lives. @throws TOO_MANY_REQUESTS after wrong ones [LOGIN-8]
 */
export const admitPassword = declareCall<{ readonly network: string; readonly login: Login | null }, void>(
  "logins.admit_password",
);

/**
 * A new login, in place of the platform's last, whose sockets are told and closed. Null when the password that was
 * checked has been changed meanwhile.
 */
export const signIn = declareCall<
  { readonly platform_id: number; readonly password_version: number; readonly network: string },
  TokenClaims | null
>("logins.sign_in");

/** What a new token says; the login's sockets stay. The token before may repeat it. @throws TOKEN_INVALID */
export const refresh = declareCall<Login, TokenClaims>("logins.refresh");

// ---- What an Inbox answers its user

export const signOut = declareCall<null, void>("logins.sign_out");

/**
 * Swaps the password; every other login ends. False when the password is no more of the expected version. The network
 * is where the right one came from.
 */
export const changePassword = declareCall<
  { readonly expected_version: number; readonly password_hash: string; readonly network: string },
  boolean
>("logins.change_password");
