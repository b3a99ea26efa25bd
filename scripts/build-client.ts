import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./wrangler.ts";

const out = join(root, "dist/client");

/** Builds `nexo-im/client` into dist/client: two self-contained modules and their types. */
export async function buildClient(): Promise<{ raw: number; gzipped: number }> {
  await rm(out, { recursive: true, force: true });
  await Promise.all([bundle(), types()]);
  const bundled = await readFile(join(out, "index.js"));
  return { raw: bundled.byteLength, gzipped: gzipSync(bundled, { level: 9 }).byteLength };
}

async function bundle(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { index: "src/client/index.ts", indexeddb: "src/client/storage/indexeddb.ts" },
    outdir: out,
    bundle: true,
    format: "esm",
    // The level that browsers since 2022, React Native and Node 20 support.
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    minify: true,
    sourcemap: true,
    logLevel: "warning",
  });
}

async function types(): Promise<void> {
  // Started with node, like wrangler: its shim would need a shell on Windows.
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const child = spawn(process.execPath, [tsc, "-p", "tsconfig.client.json"], { cwd: root, stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error("tsc could not emit the client's types");
}
