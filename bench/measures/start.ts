import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Connection } from "../client/connection.ts";
import { type Family, interleave, type Measure, measuresOf } from "../runner.ts";
import type { Builds } from "../servers.ts";

/** The size of the bundle. */
export const bundle: Family = {
  names: ["bundle_gzip"],
  run: async ({ builds }) => {
    const value = builds.ours.gzipBytes / 1_000;
    const measure: Measure = { name: "bundle_gzip", unit: "KB", value, floor: 200, better: "lower", target: 1 };
    return [measure];
  },
};

/** From the start of workerd to the first answer, on plain `workerd serve` without Miniflare's own Workers. */
export const startup: Family = {
  names: ["startup"],
  run: async (context) => {
    const { ours, floor } = await writeConfigs(context.builds);
    const sides = await interleave(
      { ...context, rounds: 2 * context.rounds },
      "startup",
      async () => ({ startup: await startOnce(ours) }),
      async () => ({ startup: await startOnce(floor) }),
    );
    return measuresOf(sides, { startup: { unit: "ms", better: "lower", target: 0.3 } });
  },
};

async function writeConfigs({ ours, floor }: Builds): Promise<{ ours: string; floor: string }> {
  const secret = '(name = "JWT_SECRET", text = "a secret for the bench alone, 32+ bytes")';
  return {
    ours: await writeConfig(ours.path, [secret], { CONVERSATION: "Conversation", INBOX: "Inbox" }),
    floor: await writeConfig(floor.path, [], { ROWS: "Rows", USER: "User", PAGES: "Pages" }),
  };
}

async function writeConfig(script: string, bindings: string[], objects: Record<string, string>): Promise<string> {
  const path = join(dirname(script), "config.capnp");
  const classes = Object.entries(objects);
  const namespaces = classes.map(([, name]) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`);
  const stubs = classes.map(([binding, name]) => `(name = "${binding}", durableObjectNamespace = "${name}")`);
  await writeFile(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "index.js", esModule = embed "index.js")],
    compatibilityDate = "2026-10-23",
    bindings = [${[...bindings, ...stubs].join(", ")}],
    durableObjectNamespaces = [${namespaces.join(", ")}],
    durableObjectStorage = (inMemory = void),
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
  );
  return path;
}

const workerd: string = createRequire(import.meta.url)("workerd").default;

/** @returns milliseconds */
async function startOnce(config: string): Promise<number> {
  const started = performance.now();
  const child = spawn(workerd, ["serve", "--control-fd=3", config], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  try {
    const control = child.stdio[3];
    if (!control || !("read" in control)) throw new Error("workerd reported no port");
    const [line] = await once(control, "data");
    const { port } = JSON.parse(String(line).split("\n")[0] ?? "");
    const url = `http://127.0.0.1:${port}`;
    const connection = new Connection(new URL(url));
    const { status } = await connection.fetch(`${url}/health`, { method: "GET", headers: {} });
    if (status !== 200) throw new Error(`/health answered ${status}`);
    const took = performance.now() - started;
    connection.close();
    return took;
  } finally {
    child.kill("SIGKILL");
  }
}
