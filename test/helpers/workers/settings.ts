import { env } from "cloudflare:workers";

/**
 * Changes settings for the rest of a test file. To be called before anything reads them, since they are
 * checked once for each isolate; each file has its own.
 */
export function settings(changes: Readonly<Record<string, string | number>>): void {
  Object.assign(env, changes);
}
