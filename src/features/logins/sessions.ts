import { endCode } from "../../core/calls.ts";
import { tell } from "../../core/events.ts";
import type { InboxContext } from "../../core/inbox.ts";
import type { EndedLogins, TokenClaims } from "../../core/logins.ts";
import type { Login } from "../../durable/upgrade.ts";
import { type ErasureMode, PLATFORM_NAMES, type Session } from "../../protocol/account-model.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { BanStore } from "./bans.ts";
import type { PasswordChange } from "./password-change.ts";

export type SessionParts = Pick<
  InboxContext,
  | "env"
  | "userId"
  | "logins"
  | "erasure"
  | "heldSockets"
  | "sockets"
  | "metrics"
  | "socketsChanged"
  | "connections"
  | "wakeAt"
>;

/** Starts, refreshes and ends logins, together with all their sockets, in whichever object they are held. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #passwordChange: PasswordChange;
  readonly #bans: BanStore;

  constructor(parts: SessionParts, passwordChange: PasswordChange, bans: BanStore) {
    this.#parts = parts;
    this.#bans = bans;
    this.#passwordChange = passwordChange;
  }

  /** @returns null when the checked password has been changed meanwhile. @throws NexoError ACCOUNT_GONE */
  async signIn(platformId: number, passwordVersion: number, country?: string): Promise<TokenClaims | null> {
    if (!this.#passwordChange.accepts(passwordVersion)) return null;
    return await this.#start(platformId, passwordVersion, undefined, country);
  }

  /** Starts a login that needs no password. A later change of the password ends it. @throws NexoError ACCOUNT_GONE */
  signInTrusted(platformId: number, lifetimeSeconds?: number): Promise<TokenClaims> {
    return this.#start(platformId, this.#passwordChange.leastVersion, lifetimeSeconds);
  }

  async #start(
    platformId: number,
    passwordVersion: number,
    lifetimeSeconds?: number,
    country?: string,
  ): Promise<TokenClaims> {
    if (this.#bans.isBanned || this.#parts.erasure.isBegun) throw new NexoError(Code.ACCOUNT_GONE);
    const now = Date.now();
    const { claims, ended } = this.#parts.logins.signIn(platformId, passwordVersion, now, lifetimeSeconds, country);
    await this.#end(ended);
    const { user_id, platform_id, login_id } = claims;
    void tell(this.#parts.env, "login.made", { user_id, platform_id, login_id });
    return claims;
  }

  /** The logins as their user sees them. @param current the login that asks */
  list(current: Login): Session[] {
    const { logins, connections } = this.#parts;
    const now = Date.now();
    const online = new Set(connections().map(({ platform_id }) => platform_id));
    return logins
      .all()
      .filter(({ exp }) => exp * 1_000 > now)
      .map(({ platform_id, login_id, made_at, seen_at, country }) => ({
        platform_id,
        platform_name: PLATFORM_NAMES[platform_id] ?? "",
        made_at,
        seen_at: online.has(platform_id) ? now : seen_at,
        country,
        is_current: login_id === current.login_id,
      }));
  }

  /** @throws NexoError NOT_FOUND if no login is on this platform */
  async end(platformId: number): Promise<void> {
    const ended = this.#parts.logins.endAll("logout", platformId);
    if (ended.length === 0) throw new NexoError(Code.NOT_FOUND, "platform_id: you are not signed in there");
    await this.#end(ended);
  }

  /** Ends the login of a platform, or every login. */
  logout(platformId: number | undefined): Promise<void> {
    return this.#end(this.#parts.logins.endAll("logout", platformId));
  }

  /** Ends every login and refuses new ones until `unban`. */
  ban(): Promise<void> {
    this.#bans.ban(Date.now());
    return this.#end(this.#parts.logins.endAll("banned"));
  }

  /** Ends every login for good. The feature `erasure` does the rest, from the alarm. */
  erase(mode: ErasureMode): Promise<void> {
    const { erasure, logins, wakeAt } = this.#parts;
    const now = Date.now();
    erasure.begin(mode, now);
    wakeAt(now);
    return this.#end(logins.endAll("erased"));
  }

  signOut(login: Login): Promise<void> {
    return this.#end(this.#parts.logins.signOut(login));
  }

  /** Returns the claims of a new token. The sockets of the login stay open. @throws NexoError TOKEN_INVALID */
  async refresh(login: Login): Promise<TokenClaims> {
    const { logins, sockets, heldSockets } = this.#parts;
    const claims = logins.refresh(login, Date.now());
    for (const [socket, state] of sockets.all()) {
      if (state.login_id === login.login_id) sockets.update(socket, { ...state, exp: claims.exp });
    }
    await heldSockets.extended(login.login_id, claims.exp);
    return claims;
  }

  /** @returns false when the password no longer has the expected version. */
  changePassword(login: Login, expectedVersion: number, passwordHash: string): Promise<boolean> {
    return this.replacePassword(login.user_id, login.login_id, expectedVersion, passwordHash);
  }

  /** @param keptLoginId the login that stays; "" for none. @returns false as `changePassword` */
  async replacePassword(
    userId: string,
    keptLoginId: string,
    expectedVersion: number,
    passwordHash: string,
  ): Promise<boolean> {
    const ended = await this.#passwordChange.run(userId, keptLoginId, expectedVersion, passwordHash);
    if (!ended) return false;
    await this.#end(ended);
    return true;
  }

  /** Finishes the work that a crash or an unreachable conversation left open. The alarm calls this. */
  async finish(userId: string): Promise<void> {
    // The work without D1 comes first, because D1 may be unavailable.
    await this.#parts.heldSockets.drain();
    await this.#end(await this.#passwordChange.settle(userId));
  }

  /** Tells everyone concerned about the end of a login at once; unreachable conversations are told later. [LOGIN-4] */
  async #end(ended: EndedLogins): Promise<void> {
    if (ended.length === 0) return;
    const { env, userId, heldSockets, sockets, metrics, socketsChanged } = this.#parts;
    for (const { login_id, reason } of ended) void tell(env, "login.ended", { user_id: userId, login_id, reason });
    metrics.add("logins_ended", ended.length);
    metrics.flush();
    const reasons = new Map(ended.map(({ login_id, reason }) => [login_id, reason]));
    for (const [socket, { login_id }] of [...sockets.all()]) {
      const reason = reasons.get(login_id);
      if (reason) sockets.signOut(socket, reason, endCode(reason));
    }
    socketsChanged();
    await heldSockets.ended(ended);
  }
}
