import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/**
 * Adds a random JWT_SECRET to `dir/.dev.vars` unless it has one. The rest of the file is not changed.
 * @returns whether it added one
 */
export function ensureDevVars(dir: string): boolean {
  const path = join(dir, ".dev.vars");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (parseEnv(text).JWT_SECRET) return false;

  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  // The last line of a name wins, so an empty JWT_SECRET above it has no effect.
  const completed = `${text}${gap}JWT_SECRET=${randomBytes(48).toString("base64url")}\n`;
  // Renamed into place, so that a crash leaves the old file or the new one, never half a secret.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, completed, { mode: 0o600 });
  renameSync(draft, path);
  return true;
}
