import type { Login } from "../durable/upgrade.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { randomId } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Millis } from "../protocol/model.ts";
import type { LoginEnd } from "./calls.ts";
import type { InboxStore, LoginRow } from "./list/store.ts";

/** The content of a token, signed by the Worker. Times are Unix seconds. */
export interface TokenClaims extends Login {
  readonly issued_at: number;
}

const DAY = 86_400_000;

/** Logins that ended and the reasons, for their sockets. */
export type EndedLogins = readonly LoginEnd[];

/** A user's logins, one for each platform. [LOGIN-1 LOGIN-2] */
export class Logins {
  readonly #store: InboxStore;
  readonly #userId: string;
  readonly #lifetimeSeconds: number;
  readonly #rows = new Map<number, LoginRow>();

  constructor(store: InboxStore, userId: string, lifetimeSeconds: number) {
    this.#store = store;
    this.#userId = userId;
    this.#lifetimeSeconds = lifetimeSeconds;
    if (!store.migrator.isBorn) return;
    for (const row of store.logins()) this.#rows.set(row.platform_id, row);
  }

  /** @throws NexoError TOKEN_INVALID unless the token is the newest token of its platform's current login. */
  assertLive(login: Login): LoginRow {
    const row = this.#rows.get(login.platform_id);
    if (row?.login_id !== login.login_id || row.token_id !== login.token_id) {
      throw new NexoError(Code.TOKEN_INVALID);
    }
    this.#seen(row, Date.now());
    return row;
  }

  /** Records that a login is in use: in memory at once, in its row once a day. */
  #seen(row: LoginRow, now: Millis): void {
    if (now - row.seen_at > DAY) this.#put({ ...row, seen_at: now });
    else this.#rows.set(row.platform_id, { ...row, seen_at: Math.max(row.seen_at, now) });
  }

  /** The logins, the most recently used first. */
  all(): readonly LoginRow[] {
    return [...this.#rows.values()].sort((a, b) => b.seen_at - a.seen_at);
  }

  isLive(login: Login): boolean {
    const row = this.#rows.get(login.platform_id);
    return row?.login_id === login.login_id && row.token_id === login.token_id;
  }

  /** @throws NexoError TOKEN_INVALID unless this login is valid; its token is not checked. */
  assertLiveId(loginId: string, now: Millis): LoginRow {
    const row = [...this.#rows.values()].find((login) => login.login_id === loginId);
    if (!row || row.exp * 1_000 <= now) throw new NexoError(Code.TOKEN_INVALID);
    return row;
  }

  /** The platform of a valid login; undefined for a login that ended or expired. */
  platformOf(loginId: string, now: Millis): number | undefined {
    const row = [...this.#rows.values()].find((login) => login.login_id === loginId);
    return row && row.exp * 1_000 > now ? row.platform_id : undefined;
  }

  /** Creates a login on a platform and replaces the platform's previous login. */
  signIn(
    platformId: number,
    passwordVersion: number,
    now: Millis,
    lifetimeSeconds = this.#lifetimeSeconds,
    country = "",
  ): { claims: TokenClaims; ended: EndedLogins } {
    const replaced = this.#rows.get(platformId);
    const issued = Math.floor(now / 1_000);
    const row: LoginRow = {
      platform_id: platformId,
      login_id: randomId(),
      token_id: randomId(),
      issued_at: issued,
      exp: issued + lifetimeSeconds,
      password_version: passwordVersion,
      previous_token_id: "",
      refreshed_at: 0,
      made_at: now,
      seen_at: now,
      country,
    };
    this.#put(row);
    return { claims: this.#claims(row), ended: replaced ? [endOf(replaced, "new_login")] : [] };
  }

  /** Ends the login of a platform, or every login. */
  endAll(reason: LoginEnd["reason"], platformId?: number): EndedLogins {
    const rows = [...this.#rows.values()].filter((row) => platformId === undefined || row.platform_id === platformId);
    for (const row of rows) this.#delete(row);
    return rows.map((row) => endOf(row, reason));
  }

  signOut(login: Login): EndedLogins {
    const row = this.assertLive(login);
    this.#delete(row);
    return [endOf(row, "logout")];
  }

  /** @throws NexoError TOKEN_INVALID unless `refresh` would succeed. */
  assertRefreshable(login: Login, now: Millis): void {
    if (!this.#isRepeat(login, now)) this.assertLive(login);
  }

  #isRepeat(login: Login, now: Millis): boolean {
    const row = this.#rows.get(login.platform_id);
    if (row?.login_id !== login.login_id || row.previous_token_id !== login.token_id) return false;
    return now - row.refreshed_at <= LIMITS.refreshRepeatSeconds * 1_000;
  }

  /**
   * Makes a new token for the same login. For a minute, the previous token may repeat the call and gets the same
   * answer, since the first answer may have been lost. It is valid for nothing else. [LOGIN-6]
   */
  refresh(login: Login, now: Millis): TokenClaims {
    const row = this.#rows.get(login.platform_id);
    if (row && this.#isRepeat(login, now)) return this.#claims(row);
    const live = this.assertLive(login);
    const issued = Math.floor(now / 1_000);
    const refreshed: LoginRow = {
      ...live,
      token_id: randomId(),
      issued_at: issued,
      exp: issued + this.#lifetimeSeconds,
      previous_token_id: live.token_id,
      refreshed_at: now,
      seen_at: now,
    };
    this.#put(refreshed);
    return this.#claims(refreshed);
  }

  /** Ends all logins made with a password older than this version, except the one that changed it. [LOGIN-7] */
  endBefore(version: number, keptLoginId: string): EndedLogins {
    const ended: LoginEnd[] = [];
    for (const row of [...this.#rows.values()]) {
      if (row.password_version >= version) continue;
      if (row.login_id === keptLoginId) this.#put({ ...row, password_version: version });
      else {
        this.#delete(row);
        ended.push(endOf(row, "password"));
      }
    }
    return ended;
  }

  #claims(row: LoginRow): TokenClaims {
    const { platform_id, login_id, token_id, issued_at, exp } = row;
    return { user_id: this.#userId, platform_id, login_id, token_id, issued_at, exp };
  }

  #put(row: LoginRow): void {
    this.#store.putLogin(row);
    this.#rows.set(row.platform_id, row);
  }

  #delete(row: LoginRow): void {
    this.#store.deleteLogin(row.platform_id);
    this.#rows.delete(row.platform_id);
  }
}

function endOf(row: LoginRow, reason: LoginEnd["reason"]): LoginEnd {
  return { login_id: row.login_id, reason };
}
