import type { LoginRequest } from "../protocol/requests.ts";
import type { Api, Token } from "./api.ts";
import { toClientError } from "./errors.ts";
import { pauseBefore } from "./line.ts";

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
  /** A new token: whoever keeps tokens has to keep this one. */
  readonly onToken: (token: Token) => void;
}

/** A timer holds no more than 2^31 ms. */
const LONGEST_TIMER = 86_400_000;

/** The login: gets its token, knows whose it is, and refreshes it at half its time. */
export class Session {
  readonly #parts: SessionParts;
  #token = "";
  #userId = "";
  #known: (userId: string) => void = () => undefined;
  /** Whose login it is, once that is known. */
  readonly user = new Promise<string>((resolve) => {
    this.#known = resolve;
  });
  #identified: Promise<string> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { credentials } = parts;
    this.#know((credentials.login ?? credentials).user_id ?? "");
    if (credentials.token === undefined) return;
    this.#token = credentials.token;
    if (credentials.expires_at !== undefined) this.#schedule(credentials.expires_at);
  }

  get token(): string {
    return this.#token;
  }

  /** "" until it is known. */
  get userId(): string {
    return this.#userId;
  }

  /** The token, once there is one and its user is known. @throws NexoClientError */
  async identified(): Promise<string> {
    if (this.#token !== "" && this.#userId !== "") return this.#token;
    this.#identified ??= this.#identify().finally(() => {
      this.#identified = null;
    });
    return await this.#identified;
  }

  /** A new token in place of the old one; sockets stay. @throws NexoClientError */
  async refresh(): Promise<void> {
    this.#take(await this.#parts.api.auth.refresh());
  }

  /** A token that somebody else of this login keeps already. */
  take(token: Token): void {
    this.#token = token.token;
    this.#schedule(token.expires_at);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #identify(): Promise<string> {
    const { credentials, api } = this.#parts;
    if (credentials.login) {
      const { user_info, ...token } = await api.auth.login(credentials.login);
      this.#know(user_info.user_id);
      this.#take(token);
    } else {
      this.#know((await api.user.me()).user_id);
    }
    return this.#token;
  }

  #know(userId: string): void {
    this.#userId = userId;
    if (userId !== "") this.#known(userId);
  }

  #take(token: Token): void {
    this.take(token);
    this.#parts.onToken(token);
  }

  #schedule(expiresAt: number): void {
    const half = (expiresAt - Date.now()) / 2;
    this.#later(half, () => (half > LONGEST_TIMER ? this.#schedule(expiresAt) : void this.#refreshNow()));
  }

  #later(milliseconds: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, Math.min(Math.max(milliseconds, 1_000), LONGEST_TIMER));
  }

  /** Within a minute the old token may repeat the call, so an answer that was lost does no harm. */
  async #refreshNow(): Promise<void> {
    try {
      await this.refresh();
      this.#failures = 0;
    } catch (error) {
      // A token that is refused is the socket's to find out.
      if (toClientError(error).retryable) this.#later(pauseBefore(this.#failures++), () => void this.#refreshNow());
    }
  }
}
