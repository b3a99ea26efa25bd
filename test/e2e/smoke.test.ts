import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { useServer } from "../helpers/node/suite.ts";

const suite = useServer();

test("the smoke run passes on a new server, twice on the same one", { timeout: 240_000 }, async () => {
  for (const _ of ["fresh", "used"]) {
    const { exit, output } = await smoke(suite.url);
    expect(exit, output).toBe(0);
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
    const child = execFile(process.execPath, ["scripts/smoke.ts", url], (_error, stdout, stderr) => {
      resolve({ exit: child.exitCode, output: stdout + stderr });
    });
  });
}
