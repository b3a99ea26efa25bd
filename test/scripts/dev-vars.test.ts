import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ensureDevVars } from "../../scripts/dev-vars.ts";

let dir: string;
const path = () => join(dir, ".dev.vars");
const read = () => readFileSync(path(), "utf8");

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dev-vars-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

it("creates a secret of 48 random bytes and keys for Web Push that only their owner can read", () => {
  expect(ensureDevVars(dir)).toEqual(["JWT_SECRET", "VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"]);
  const { JWT_SECRET, VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY } = parseEnv(read());
  expect(Buffer.from(JWT_SECRET ?? "", "base64url")).toHaveLength(48);
  expect(Buffer.from(VAPID_PUBLIC_KEY ?? "", "base64url")).toHaveLength(65);
  expect(Buffer.from(VAPID_PRIVATE_KEY ?? "", "base64url")).toHaveLength(32);
  if (process.platform !== "win32") expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual([".dev.vars"]);
});

it("does not change a file that has a secret and a key of Web Push", () => {
  const text = "# mine\nJWT_SECRET = 'short, but chosen'\nVAPID_PRIVATE_KEY=half\n";
  writeFileSync(path(), text);
  expect(ensureDevVars(dir)).toEqual([]);
  expect(read()).toBe(text);
});

it.each(["OTHER=1", "OTHER=1\n", "#JWT_SECRET=no\nOTHER=1\n", 'JWT_SECRET=""\nOTHER=1\n'])("completes %j", (before) => {
  writeFileSync(path(), before);
  expect(ensureDevVars(dir)).toContain("JWT_SECRET");
  expect(read().startsWith(before.trimEnd())).toBe(true);
  const { JWT_SECRET, OTHER } = parseEnv(read());
  expect(JWT_SECRET).toHaveLength(64);
  expect(OTHER).toBe("1");
  expect(ensureDevVars(dir)).toEqual([]);
});

it("gives every clone a secret of its own", () => {
  ensureDevVars(dir);
  const first = read();
  rmSync(path());
  ensureDevVars(dir);
  expect(read()).not.toBe(first);
});
