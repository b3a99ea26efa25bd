import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../helpers/node/server.ts";

const state = mkdtempSync(join(tmpdir(), "nexo-smoke-"));
let server: Server;
let key = "";

beforeAll(async () => {
  const vars = { JWT_SECRET: crypto.randomUUID(), WEBHOOKS: "on", WEBHOOK_PRIVATE: "on" };
  server = await startServer({ state, vars });
  const made = execFileSync(process.execPath, ["scripts/admin-key.ts", "--scope", "all", "--persist-to", state]);
  key = made.toString().split("\n")[0] ?? "";
});

afterAll(async () => {
  await server?.stop();
  rmSync(state, { recursive: true, force: true });
});

test("the smoke run passes on a new server, twice on the same one", { timeout: 240_000 }, async () => {
  for (const _ of ["fresh", "used"]) {
    const { exit, output } = await smoke(server.url);
    expect(exit, output).toBe(0);
    expect(output).toContain("a message and a push reach the endpoint");
    expect(output).toContain("all as the contract says");
  }
});

test("the smoke run fails with a message if no server answers", async () => {
  const { exit, output } = await smoke("http://127.0.0.1:1");
  expect(exit, output).not.toBe(0);
  expect(output).toContain("FAIL");
});

function smoke(url: string): Promise<{ exit: number | null; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, NEXO_KEY: key };
    const child = execFile(process.execPath, ["scripts/smoke.ts", url], { env }, (_error, stdout, stderr) => {
      resolve({ exit: child.exitCode, output: stdout + stderr });
    });
  });
}
