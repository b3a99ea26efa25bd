import { env } from "cloudflare:workers";

/**
 * Changes settings for the rest of a test file. Call it before anything reads them, since they are checked once for
 * each isolate. Each file has its own isolate.
 */
export function settings(changes: Readonly<Record<string, string | number>>): void {
  Object.assign(env, changes);
}
