import type { InboxContext } from "../../core/inbox.ts";
import type { EndedLogins, TokenClaims } from "../../core/logins.ts";
import type { Login } from "../../durable/upgrade.ts";
import { Code } from "../../protocol/codes.ts";
import type { PasswordChange } from "./password-change.ts";

export type SessionParts = Pick<InboxContext, "logins" | "heldSockets" | "sockets" | "metrics" | "socketsChanged">;

/** Starts, refreshes and ends logins, together with all their sockets, in whichever object they are held. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #passwordChange: PasswordChange;

  constructor(parts: SessionParts, passwordChange: PasswordChange) {
    this.#parts = parts;
    this.#passwordChange = passwordChange;
  }

  /** @returns null when the checked password has been changed meanwhile. */
  async signIn(platformId: number, passwordVersion: number): Promise<TokenClaims | null> {
    if (!this.#passwordChange.accepts(passwordVersion)) return null;
    const { claims, ended } = this.#parts.logins.signIn(platformId, passwordVersion, Date.now());
    await this.#end(ended);
    return claims;
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
  async changePassword(login: Login, expectedVersion: number, passwordHash: string): Promise<boolean> {
    const ended = await this.#passwordChange.run(login.user_id, login.login_id, expectedVersion, passwordHash);
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
