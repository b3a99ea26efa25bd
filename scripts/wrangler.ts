import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const bin = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");

// Keeps everything inside the project: no telemetry, no download at start, no files in the user's home. The explorer
// and the trace store would record each request, including tokens in query strings.
const quiet = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  WRANGLER_REGISTRY_PATH: join(root, ".wrangler", "registry"),
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
};

/** Started with node itself and not with its shim, which would need a shell on Windows. */
export function spawnWrangler(args: string[], stdio: "inherit" | ["ignore", "pipe", "pipe"]) {
  return spawn(process.execPath, [bin, ...args], { cwd: root, env: { ...process.env, ...quiet }, stdio });
}

export type Outcome = { code: number; stdout: string; stderr: string };

/**
 * Runs wrangler and waits until it exits. Without a terminal on stdin it asks nothing and takes its default answers.
 */
export function runWrangler(args: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawnWrangler(args, ["ignore", "pipe", "pipe"]);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
