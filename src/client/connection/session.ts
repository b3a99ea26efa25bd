import { Code } from "../../protocol/codes.ts";
import type { LoginRequest } from "../../protocol/requests.ts";
import type { Api, Token } from "../api.ts";
import { callApp } from "../app-code.ts";
import { NexoClientError, toClientError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import { AskedPause, pauseAfter } from "./pauses.ts";
import type { SignedOut } from "./reconnecting-socket.ts";

/** Who signs in: a token that is there already, or a password. */
export type Credentials =
  | {
      readonly token: string;
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
  #token = "";
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

  /** A route has refused a token. While a refresh is not answered, its answer decides whether the login still lives. */
  refused(token: string, code: number): void {
    if (this.#isStopped || this.#isUnsure || token === "" || token !== this.#token) return;
    this.#parts.signedOut({ reason: code === Code.TOKEN_EXPIRED ? "expired" : "refused", code });
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
    if (this.#isStopped) return;
    this.#token = token.token;
    this.#expiresAt = token.expires_at;
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
        this.#know((await api.user.me()).user_id);
      }
    } catch (thrown) {
      this.#refusal = toClientError(thrown);
      this.#asked.begin(this.#refusal);
      throw thrown;
    }
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
    const before = this.#token;
    this.#isUnsure = true;
    try {
      this.#take(await this.#parts.api.auth.refresh());
    } catch (thrown) {
      const error = toClientError(thrown);
      this.#isUnsure = error.retryable;
      if (error.retryable) this.#later(pauseAfter(error, this.#failures++), () => void this.#refreshQuietly());
      else if (isOfToken(error)) this.refused(before, error.code);
      throw error;
    }
  }

  async #refreshQuietly(): Promise<void> {
    await this.refresh().catch(() => undefined);
  }
}

function isOfToken({ code }: NexoClientError): boolean {
  return code === Code.TOKEN_INVALID || code === Code.TOKEN_EXPIRED;
}
