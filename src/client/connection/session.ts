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

/** Who signs in: a token that is there already, what gives one, or a password. */
export type Credentials =
  | {
      /** A function is called for the first token, at half the time of each, and when one has ended. */
      readonly token: string | TokenProvider;
      /** Whose token it is; when it is not given the server is asked, which takes a request more. */
      readonly user_id?: string | undefined;
      /** When the token ends; when it is not given it is not refreshed by itself. */
      readonly expires_at?: number | undefined;
      readonly login?: undefined;
    }
  | { readonly login: LoginRequest; readonly token?: undefined };

export interface SessionParts {
  readonly credentials: Credentials;
  readonly api: Api;
  readonly clock: Clock;
  /** A new token: whoever keeps tokens has to keep this one. */
  readonly onToken: (token: Token) => void;
  readonly logger: Logger;
  /** The server has ended the login. */
  readonly signedOut: (why: SignedOut) => void;
}

/** A timer holds no more than 2^31 ms. */
const LONGEST_TIMER = 86_400_000;
/** Between two refreshes, whatever the clocks say. */
const LEAST_PAUSE = 60_000;

/** The login: gets its token, knows whose it is, and refreshes it at half its time. */
export class Session {
  readonly #parts: SessionParts;
  /** What gives tokens, where the app has that. */
  readonly #provider: TokenProvider | null = null;
  #token = "";
  /** The last one that the server has refused. */
  #refused = "";
  #userId = "";
  /** When the token ends, by the server's clock; undefined where that is not known. */
  #expiresAt: number | undefined;
  /** When the token came here, by the own clock. */
  #tokenAt = Date.now();
  /** When the token before it was replaced, by the own clock. */
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #known: (userId: string) => void = () => undefined;
  /** Whose login it is, once that is known. */
  readonly user = new Promise<string>((resolve) => {
    this.#known = resolve;
  });
  #certain: (userId: string) => void = () => undefined;
  /** The same, once it is certain: whoever types another's user_id and no right password is to see nothing. [HIST-4] */
  readonly certainUser = new Promise<string>((resolve) => {
    this.#certain = resolve;
  });
  #identified: Promise<string> | null = null;
  /** The pause that a refused login asked for: every socket that is to be opened asks for a login. */
  readonly #asked = new AskedPause();
  #refusal: NexoClientError | null = null;
  #refreshing: Promise<void> | null = null;
  /** A refresh was sent and not answered: the token may be replaced already. */
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

  /** A new token in place of the old one; sockets stay. @throws NexoClientError */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** The token to call a route with; the app is asked for one where it gives them and there is none. */
  bearer(): string | Promise<string> {
    if (this.#token !== "" || !this.#provider || this.#isStopped) return this.#token;
    return this.refresh().then(() => this.#token);
  }

  /**
   * A route has refused a token. While a refresh is not answered, its answer decides whether the login still lives.
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
   * Whether the word that a socket got ends this client. Where the app gives tokens, it does not while that is to be
   * tried with another; a new login elsewhere does, since asking for a token would end that one in turn. [LINK-7]
   */
  ends({ code, reason }: SignedOut, token: string): boolean {
    if (!this.#provider) return true;
    if (token !== this.#token) return false;
    // While the app is being asked, it may be its own login that has ended this one.
    const isDue = isOfToken({ code }) && (reason === "expired" || reason === "refused");
    if (!isDue && this.#refreshing === null) return true;
    this.#lose(token);
    return false;
  }

  /** Sets the timer of the next refresh: half-way between when the token came and when it ends. [LINK-3] */
  schedule(): void {
    if (this.#isStopped || this.#isUnsure || this.#expiresAt === undefined) return;
    const now = Date.now();
    const left = this.#expiresAt - this.#parts.clock.now();
    const half = (this.#tokenAt - now + left) / 2;
    // A clock that was set back since the token came must not put it off.
    const pause = Math.max(Math.min(half, left / 2), Math.min(this.#refreshedAt + LEAST_PAUSE - now, LEAST_PAUSE));
    this.#later(pause, () => (pause > LONGEST_TIMER ? this.schedule() : void this.#refreshQuietly()));
  }

  /** A token that somebody else of this login keeps already. */
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

  /** A token that is on its way is not taken any more. [LINK-2] */
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

  /** @throws NexoClientError while the pause lasts that the last refusal asked for [LINK-4] */
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

  /** Within a minute the old token may repeat the call, so an answer that was lost does no harm. */
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

  /** Asks the app for a token. One that was refused before is no answer. [LINK-7] */
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

  /** This token is good for nothing any more. */
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
