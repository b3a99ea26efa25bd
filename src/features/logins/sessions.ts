import type { InboxContext } from "../../core/inbox.ts";
import type { EndedLogins, TokenClaims } from "../../core/logins.ts";
import type { Login } from "../../durable/upgrade.ts";
import { Code } from "../../protocol/codes.ts";
import type { PasswordChange } from "./password-change.ts";

export type SessionParts = Pick<InboxContext, "logins" | "heldSockets" | "sockets" | "metrics" | "socketsChanged">;

/** How logins begin, go on and end, with all their sockets, wherever those are held. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #passwordChange: PasswordChange;

  constructor(parts: SessionParts, passwordChange: PasswordChange) {
    this.#parts = parts;
    this.#passwordChange = passwordChange;
  }

  /** @returns null when the password that was checked has been changed meanwhile. */
  async signIn(platformId: number, passwordVersion: number): Promise<TokenClaims | null> {
    if (!this.#passwordChange.accepts(passwordVersion)) return null;
    const { claims, ended } = this.#parts.logins.signIn(platformId, passwordVersion, Date.now());
    await this.#end(ended);
    return claims;
  }

  signOut(login: Login): Promise<void> {
    return this.#end(this.#parts.logins.signOut(login));
  }

  /** What a new token says; the login's sockets live on with it. @throws NexoError TOKEN_INVALID */
  async refresh(login: Login): Promise<TokenClaims> {
    const { logins, sockets, heldSockets } = this.#parts;
    const claims = logins.refresh(login, Date.now());
    for (const [socket, state] of sockets.all()) {
      if (state.login_id === login.login_id) sockets.update(socket, { ...state, exp: claims.exp });
    }
    await heldSockets.extended(login.login_id, claims.exp);
    return claims;
  }

  /** @returns false when the password is no more of the expected version. */
  async changePassword(login: Login, expectedVersion: number, passwordHash: string): Promise<boolean> {
    const ended = await this.#passwordChange.run(login.user_id, login.login_id, expectedVersion, passwordHash);
    if (!ended) return false;
    await this.#end(ended);
    return true;
  }

  /** Finishes what a crash or an unreachable conversation left over. To be called by the alarm. */
  async finish(userId: string): Promise<void> {
    // First what needs no D1, which may be away.
    await this.#parts.heldSockets.drain();
    await this.#end(await this.#passwordChange.settle(userId));
  }

  /** Everyone who hears of a login's end hears at once, and conversations that cannot be reached later. [LOGIN-4] */
  async #end(ended: EndedLogins): Promise<void> {
    if (ended.length === 0) return;
    const { heldSockets, sockets, metrics, socketsChanged } = this.#parts;
    metrics.add("logins_ended", ended.length);
    metrics.flush();
    const reasons = new Map(ended.map(({ login_id, reason }) => [login_id, reason]));
    for (const [socket, { login_id }] of [...sockets.all()]) {
      const reason = reasons.get(login_id);
      if (reason) sockets.signOut(socket, reason, Code.TOKEN_INVALID);
    }
    socketsChanged();
    await heldSockets.ended(ended);
  }
}
