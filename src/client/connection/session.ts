import { Code } from "../../protocol/codes.ts";
import type { LoginRequest } from "../../protocol/requests.ts";
import type { Api, Token } from "../api.ts";
import { callApp } from "../app-code.ts";
import { NexoClientError, toClientError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Clock } from "./clock.ts";
import { AskedPause, pauseAfter } from "./pauses.ts";
import { askedFor, expiryOf, type TokenProvider } from "./provider.ts";
import type { SignedOut } from "./reconnecting-socket.ts";

/** How to sign in: an existing token, a function that returns one, or a password. */
export type Credentials =
  | {
      /** A function is called for the first token, at half the lifetime of each, and when one has ended. */
      readonly token: string | TokenProvider;
      /** The token's user; if it is missing, the server is asked, which costs one more request. */
      readonly user_id?: string | undefined;
      /** When the token ends; if it is missing, the token is not refreshed automatically. */
      readonly expires_at?: number | undefined;
      readonly login?: undefined;
    }
  | { readonly login: LoginRequest; readonly token?: undefined };

export interface SessionParts {
  readonly credentials: Credentials;
  readonly api: Api;
  readonly clock: Clock;
  /** A new token: an app that stores tokens has to store this one. */
  readonly onToken: (token: Token) => void;
  readonly logger: Logger;
  /** The server has ended the login. */
  readonly signedOut: (why: SignedOut) => void;
}

/** A timer holds at most 2^31 ms. */
const LONGEST_TIMER = 86_400_000;
/** The minimum time between two refreshes, whatever the clocks say. */
const LEAST_PAUSE = 60_000;

/** The login: gets its token, knows its user, and refreshes it at half its lifetime. */
export class Session {
  readonly #parts: SessionParts;
  /** The app's function that returns tokens, if it has one. */
  readonly #provider: TokenProvider | null = null;
  #token = "";
  /** The last token that the server has refused. */
  #refused = "";
  #userId = "";
  /** When the token ends, by the server's clock; undefined where that is not known. */
  #expiresAt: number | undefined;
  /** When the token arrived, by the local clock. */
  #tokenAt = Date.now();
  /** When the previous token was replaced, by the local clock. */
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #known: (userId: string) => void = () => undefined;
  /** The login's user, once it is known. */
  readonly user = new Promise<string>((resolve) => {
    this.#known = resolve;
  });
  #certain: (userId: string) => void = () => undefined;
  /** The same, once verified: a person who enters another's user_id with a wrong password must see nothing. [HIST-4] */
  readonly certainUser = new Promise<string>((resolve) => {
    this.#certain = resolve;
  });
  #identified: Promise<string> | null = null;
  /** The pause that a refused login asked for: every socket that is being opened requests a login. */
  readonly #asked = new AskedPause();
  #refusal: NexoClientError | null = null;
  #refreshing: Promise<void> | null = null;
  /** A refresh was sent but not answered: the token may already be replaced. */
  #isUnsure = false;
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { credentials } = parts;
    this.#know((credentials.login ?? credentials).user_id ?? "");
    if (credentials.token === undefined) return;
    if (credentials.user_id) this.#certain(credentials.user_id);
    if (typeof credentials.token === "function") {
      this.#provider = credentials.token;
      return;
    }
    this.#token = credentials.token;
    this.#expiresAt = credentials.expires_at;
    this.schedule();
  }

  get token(): string {
    return this.#token;
  }

  /** "" until it is known. */
  get userId(): string {
    return this.#userId;
  }

  /** Whether there is a token, and its user is known. */
  get isIdentified(): boolean {
    return this.#token !== "" && this.#userId !== "";
  }

  /** The token, once there is one and its user is known. @throws NexoClientError */
  async identified(): Promise<string> {
    if (this.isIdentified) return this.#token;
    this.#identified ??= this.#identify().finally(() => {
      this.#identified = null;
    });
    return await this.#identified;
  }

  /** Replaces the token with a new one; sockets stay open. @throws NexoClientError */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** The token for a route call; if there is none and the app provides tokens, the app is asked. */
  bearer(): string | Promise<string> {
    if (this.#token !== "" || !this.#provider || this.#isStopped) return this.#token;
    return this.refresh().then(() => this.#token);
  }

  /**
   * A route has refused a token. While a refresh is unanswered, its answer decides whether the login is still valid.
   * @returns whether there is another token by now
   */
  refused(token: string, code: number): boolean | Promise<boolean> {
    if (this.#isStopped || token === "") return false;
    if (this.#provider) return this.#replace(token);
    this.#end(token, code);
    return false;
  }

  #end(token: string, code: number): void {
    if (this.#isStopped || this.#isUnsure || token !== this.#token) return;
    this.#parts.signedOut({ reason: code === Code.TOKEN_EXPIRED ? "expired" : "refused", code });
  }

  /**
   * Whether the reason that a socket received ends this client. If the app provides tokens, the client continues while
   * another token is to be tried; a new login elsewhere ends it, since asking for a token would in turn end that login.
   * [LINK-7]
   */
  ends({ code, reason }: SignedOut, token: string): boolean {
    if (!this.#provider) return true;
    if (token !== this.#token) return false;
    // While the app is being asked for a token, its own new login may have ended this one.
    const isDue = isOfToken({ code }) && (reason === "expired" || reason === "refused");
    if (!isDue && this.#refreshing === null) return true;
    this.#lose(token);
    return false;
  }

  /** Sets the timer of the next refresh: half-way between the token's arrival and its end. [LINK-3] */
  schedule(): void {
    if (this.#isStopped || this.#isUnsure || this.#expiresAt === undefined) return;
    const now = Date.now();
    const left = this.#expiresAt - this.#parts.clock.now();
    const half = (this.#tokenAt - now + left) / 2;
    // A clock that was set back since the token arrived must not delay the refresh.
    const pause = Math.max(Math.min(half, left / 2), Math.min(this.#refreshedAt + LEAST_PAUSE - now, LEAST_PAUSE));
    this.#later(pause, () => (pause > LONGEST_TIMER ? this.schedule() : void this.#refreshQuietly()));
  }

  /** Adopts a token that another client of this login already stores. */
  take(token: Token): void {
    this.#hold(token.token, token.expires_at);
  }

  #hold(token: string, expiresAt: number | undefined): void {
    if (this.#isStopped) return;
    this.#token = token;
    this.#expiresAt = expiresAt;
    this.#tokenAt = Date.now();
    this.#refreshedAt = this.#tokenAt;
    this.#failures = 0;
    this.#isUnsure = false;
    this.schedule();
  }

  /** From now on, tokens that arrive are ignored. [LINK-2] */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #identify(): Promise<string> {
    const { credentials, api } = this.#parts;
    this.#assertDue();
    try {
      if (credentials.login) {
        const { user_info, ...token } = await api.auth.login(credentials.login);
        this.#know(user_info.user_id);
        this.#take(token);
      } else {
        if (this.#token === "") await this.refresh();
        if (this.#userId === "") this.#know((await api.user.me()).user_id);
      }
    } catch (thrown) {
      this.#refusal = toClientError(thrown);
      this.#asked.begin(this.#refusal);
      throw thrown;
    }
    this.#certain(this.#userId);
    return this.#token;
  }

  /** @throws NexoClientError during the pause that the last refusal asked for [LINK-4] */
  #assertDue(): void {
    const { left } = this.#asked;
    if (left === 0 || !this.#refusal) return;
    const { code, message, requestId } = this.#refusal;
    throw new NexoClientError(code, message, { requestId, retryAfter: Math.ceil(left / 1_000) });
  }

  #know(userId: string): void {
    this.#userId = userId;
    if (userId !== "") this.#known(userId);
  }

  #take(token: Token): void {
    if (this.#isStopped) return;
    this.take(token);
    callApp(() => this.#parts.onToken(token));
  }

  #later(milliseconds: number, work: () => void): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(work, Math.min(Math.max(milliseconds, 1_000), LONGEST_TIMER));
  }

  /** The old token may repeat the call within a minute, so a lost answer does no harm. */
  async #refresh(): Promise<void> {
    if (this.#provider) return await this.#provide(this.#provider);
    const before = this.#token;
    this.#isUnsure = true;
    try {
      this.#take(await this.#parts.api.auth.refresh());
    } catch (thrown) {
      const error = toClientError(thrown);
      this.#isUnsure = error.retryable;
      if (error.retryable) this.#later(pauseAfter(error, this.#failures++), () => void this.#refreshQuietly());
      else if (isOfToken(error)) this.#end(before, error.code);
      throw error;
    }
  }

  /** Asks the app for a token. A token that was refused before is not accepted. [LINK-7] */
  async #provide(provider: TokenProvider): Promise<void> {
    try {
      const token = await askedFor(provider);
      if (token === this.#refused) throw new NexoClientError(Code.TOKEN_INVALID, "the same token was refused before");
      this.#hold(token, expiryOf(token));
    } catch (thrown) {
      const error = toClientError(thrown);
      this.#parts.logger.warn("no token was given", { code: error.code, message: error.message });
      if (this.#token !== "") this.#later(pauseAfter(error, this.#failures++), () => void this.#refreshQuietly());
      throw error;
    }
  }

  /** Called when this token is no longer valid. */
  #lose(token: string): void {
    if (token !== this.#token) return;
    clearTimeout(this.#timer);
    this.#refused = token;
    this.#token = "";
  }

  async #replace(token: string): Promise<boolean> {
    this.#lose(token);
    if (this.#token === "") await this.#refreshQuietly();
    return this.#token !== "";
  }

  async #refreshQuietly(): Promise<void> {
    await this.refresh().catch(() => undefined);
  }
}

function isOfToken({ code }: { readonly code: number }): boolean {
  return code === Code.TOKEN_INVALID || code === Code.TOKEN_EXPIRED;
}
