import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { makeVapidKeys } from "./vapid.ts";

/**
 * Adds what `dir/.dev.vars` lacks of a random JWT_SECRET and keys for Web Push. The rest of the file is not changed.
 * @returns the names that it added
 */
export function ensureDevVars(dir: string): string[] {
  const path = join(dir, ".dev.vars");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const known = parseEnv(text);
  const added = {
    ...(!known.JWT_SECRET && { JWT_SECRET: randomBytes(48).toString("base64url") }),
    // A pair: one key without the other is an error of its owner, who is told at the start.
    ...(!known.VAPID_PUBLIC_KEY && !known.VAPID_PRIVATE_KEY && makeVapidKeys()),
  };
  const names = Object.keys(added);
  if (names.length === 0) return names;

  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  // The last line of a name wins, so an empty JWT_SECRET above it has no effect.
  const lines = Object.entries(added).map(([name, value]) => `${name}=${value}\n`);
  // Renamed into place, so that a crash leaves the old file or the new one, never half a secret.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${text}${gap}${lines.join("")}`, { mode: 0o600 });
  renameSync(draft, path);
  return names;
}
