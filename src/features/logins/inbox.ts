import { ACCOUNT_CALLS } from "../../core/accounts.ts";
import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handle, handleRequest } from "../../core/rpc.ts";
import { BanStore } from "./bans.ts";
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
import { PasswordChange } from "./password-change.ts";
import { PasswordGuard } from "./password-guard.ts";
import { Sessions } from "./sessions.ts";
import { GuessTable, PasswordStore } from "./store.ts";

/** Starts, refreshes and ends logins. */
export function logins(context: InboxContext) {
  const { env, store, userId, rates, create, wakeAt } = context;
  const guard = new PasswordGuard(new GuessTable(store));
  const passwordChange = new PasswordChange(new PasswordStore(store), env.DB, context.logins, wakeAt);
  const bans = new BanStore(store);
  const sessions = new Sessions(context, passwordChange, bans);
  return {
    requests: [
      handleRequest(listSessions, Cost.OWN, (_, login) => sessions.list(login)),
      handleRequest(endSession, Cost.ASKS, ({ platform_id }) => sessions.end(platform_id)),
      handleRequest(signOut, 0, (_, login) => sessions.signOut(login)),
      handleRequest(changePassword, 0, ({ expected_version, password_hash, network }, login) => {
        guard.proven(network, Date.now());
        return sessions.changePassword(login, expected_version, password_hash);
      }),
      handleRequest(ACCOUNT_CALLS.erase, 0, ({ mode }) => sessions.erase(mode)),
    ],
    calls: [
      handle(createInbox, create),
      handle(admitPassword, ({ network, login }) => {
        create();
        guard.admit(network, login !== null && context.logins.isLive(login), Date.now());
      }),
      handle(signIn, async ({ platform_id, password_version, network, country }) => {
        create();
        const claims = await sessions.signIn(platform_id, password_version, country);
        if (claims) guard.proven(network, Date.now());
        return claims;
      }),
      handle(ACCOUNT_CALLS.signIn, ({ platform_id, lifetime }) => {
        create();
        return sessions.signInTrusted(platform_id, lifetime);
      }),
      handle(ACCOUNT_CALLS.logout, ({ platform_id }) => sessions.logout(platform_id)),
      handle(ACCOUNT_CALLS.ban, () => {
        create();
        return sessions.ban();
      }),
      handle(ACCOUNT_CALLS.erase, ({ mode }) => {
        create();
        return sessions.erase(mode);
      }),
      handle(ACCOUNT_CALLS.unban, () => bans.unban()),
      handle(ACCOUNT_CALLS.isBanned, () => bans.isBanned),
      handle(ACCOUNT_CALLS.setPassword, ({ expected_version, password_hash }) => {
        create();
        return sessions.replacePassword(userId, "", expected_version, password_hash);
      }),
      handle(refresh, (login) => {
        // A token that is neither the newest nor the previous one is refused before it is counted.
        context.logins.assertRefreshable(login, Date.now());
        rates.spend(Cost.ASKS);
        return sessions.refresh(login);
      }),
    ],
    exported: () =>
      context.logins.all().map(({ platform_id, made_at, seen_at, country, exp }) => {
        const session = { platform_id, made_at, seen_at, country, expires_at: exp * 1_000 };
        return { type: "session", session };
      }),
    alarm: () => sessions.finish(userId),
  } satisfies InboxFeature;
}
