import { NexoClientError, noAnswer } from "../errors.ts";

/**
 * Returns a token, for example from the app's own server. To signal that no token will be available any more, it
 * rejects with a NexoClientError that is not retryable; after any other error it is called again later.
 *
 * @example createClient({ url, token: async () => (await fetch("/my-token")).text() });
 */
export type TokenProvider = () => Promise<string>;

/** If the app takes longer, it is asked again. */
const DEADLINE = 60_000;

/** Asks the app for a token. @throws NexoClientError */
export async function askedFor(provider: TokenProvider): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer("the app gave no token in time")), DEADLINE);
  });
  try {
    const token: unknown = await Promise.race([provider(), late]);
    if (typeof token === "string" && token !== "") return token;
    throw noAnswer("the app gave no token");
  } catch (error) {
    throw error instanceof NexoClientError ? error : noAnswer("the app failed to give a token", error);
  } finally {
    clearTimeout(timer);
  }
}

/** The expiry time that a token contains; undefined if it contains none. */
export function expiryOf(token: string): number | undefined {
  try {
    const [, claims = ""] = token.split(".");
    const { exp } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof exp === "number" ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
