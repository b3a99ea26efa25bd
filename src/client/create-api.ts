import { type Api, apiOver } from "./api.ts";
import type { FetchLike } from "./connection/environment.ts";
import { Http } from "./connection/http.ts";
import type { AppTypes } from "./messages/content.ts";

/** The server's address and the caller's token. */
export interface ApiOptions {
  /** The server's address, as in `https://im.example`. */
  readonly url: string;
  /** The caller's token; without it only `auth.register` and `auth.login` are available. */
  readonly token?: string | undefined;
  /** Used instead of the global `fetch`. */
  readonly fetch?: FetchLike | undefined;
}

/**
 * Only the routes, without a client: for registration, login and calls that need no socket. It opens no connection
 * and stores nothing; a call times out after 20 s.
 *
 * @example
 * const { auth } = createApi({ url: "https://im.example" });
 * await auth.register({ user_id: "ann", nickname: "Ann", password });
 * const { token } = await auth.login({ user_id: "ann", password, platform_id: Platform.WEB });
 * const me = await createApi({ url: "https://im.example", token }).user.me();
 */
export function createApi<T extends AppTypes = AppTypes>({ url, token = "", fetch }: ApiOptions): Api<T> {
  return apiOver<T>(new Http({ url, fetch, token: () => token }));
}
