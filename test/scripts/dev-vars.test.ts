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

it("creates a secret of 48 random bytes that only its owner can read", () => {
  expect(ensureDevVars(dir)).toBe(true);
  expect(Buffer.from(parseEnv(read()).JWT_SECRET ?? "", "base64url")).toHaveLength(48);
  if (process.platform !== "win32") expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual([".dev.vars"]);
});

it("does not change a file that has a secret", () => {
  writeFileSync(path(), "# mine\nJWT_SECRET = 'short, but chosen'\n");
  expect(ensureDevVars(dir)).toBe(false);
  expect(read()).toBe("# mine\nJWT_SECRET = 'short, but chosen'\n");
});

it.each(["OTHER=1", "OTHER=1\n", "#JWT_SECRET=no\nOTHER=1\n", 'JWT_SECRET=""\nOTHER=1\n'])("completes %j", (before) => {
  writeFileSync(path(), before);
  expect(ensureDevVars(dir)).toBe(true);
  expect(read().startsWith(before.trimEnd())).toBe(true);
  const { JWT_SECRET, OTHER } = parseEnv(read());
  expect(JWT_SECRET).toHaveLength(64);
  expect(OTHER).toBe("1");
  expect(ensureDevVars(dir)).toBe(false);
});

it("gives every clone a secret of its own", () => {
  ensureDevVars(dir);
  const first = read();
  rmSync(path());
  ensureDevVars(dir);
  expect(read()).not.toBe(first);
});
