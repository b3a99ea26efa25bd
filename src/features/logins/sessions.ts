import type { Login } from "../../core/calls.ts";
import type { EndedLogins, Logins, TokenClaims } from "../../core/logins.ts";
import type { Metrics } from "../../durable/metrics.ts";
import type { Sockets } from "../../durable/sockets.ts";
import type { ConversationSocketRegister } from "../../inbox/conversation-sockets.ts";
import { Code } from "../../protocol/codes.ts";
import type { PasswordChange } from "./password-change.ts";

export interface SessionParts {
  readonly logins: Logins;
  readonly passwordChange: PasswordChange;
  readonly register: ConversationSocketRegister;
  readonly sockets: Sockets;
  readonly metrics: Metrics;
  /** Called when sockets were closed. */
  readonly closed: () => void;
}

/** How logins begin, go on and end, with all their sockets, wherever those are held. */
export class Sessions {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** @returns null when the password that was checked has been changed meanwhile. */
  async signIn(platformId: number, passwordVersion: number): Promise<TokenClaims | null> {
    const { logins, passwordChange } = this.#parts;
    if (!passwordChange.accepts(passwordVersion)) return null;
    const { claims, ended } = logins.signIn(platformId, passwordVersion, Date.now());
    await this.#end(ended);
    return claims;
  }

  signOut(login: Login): Promise<void> {
    return this.#end(this.#parts.logins.signOut(login));
  }

  /** What a new token says; the login's sockets live on with it. @throws NexoError TOKEN_INVALID */
  async refresh(login: Login): Promise<TokenClaims> {
    const { logins, sockets, register } = this.#parts;
    const claims = logins.refresh(login, Date.now());
    for (const [socket, state] of sockets.all()) {
      if (state.login_id === login.login_id) sockets.update(socket, { ...state, exp: claims.exp });
    }
    await register.extended(login.login_id, claims.exp);
    return claims;
  }

  /** @returns false when the password is no more of the expected version. */
  async changePassword(login: Login, expectedVersion: number, passwordHash: string): Promise<boolean> {
    const { passwordChange } = this.#parts;
    const ended = await passwordChange.run(login.user_id, login.login_id, expectedVersion, passwordHash);
    if (!ended) return false;
    await this.#end(ended);
    return true;
  }

  /** Finishes what a crash or an unreachable conversation left over. To be called by the alarm. */
  async finish(userId: string): Promise<void> {
    // First what needs no D1, which may be away.
    await this.#parts.register.drain();
    await this.#end(await this.#parts.passwordChange.settle(userId));
  }

  /** Everyone who hears of a login's end hears at once, and conversations that cannot be reached later. [LOGIN-4] */
  async #end(ended: EndedLogins): Promise<void> {
    if (ended.length === 0) return;
    const { register, sockets, metrics, closed } = this.#parts;
    metrics.add("logins_ended", ended.length);
    metrics.flush();
    const reasons = new Map(ended.map(({ login_id, reason }) => [login_id, reason]));
    for (const [socket, { login_id }] of [...sockets.all()]) {
      const reason = reasons.get(login_id);
      if (reason) sockets.signOut(socket, reason, Code.TOKEN_INVALID);
    }
    closed();
    await register.ended(ended);
  }
}
