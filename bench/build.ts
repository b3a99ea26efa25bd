import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root, runWrangler } from "../scripts/wrangler.ts";

/** A Worker as it is uploaded: one module. */
export interface Bundle {
  readonly path: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Builds the server and the floors with wrangler, each into a folder. */
export async function build(folder: string): Promise<{ ours: Bundle; floor: Bundle }> {
  // The page is not measured, but wrangler needs its folder.
  await mkdir(join(root, "dist", "page"), { recursive: true });
  const [ours, floor] = await Promise.all([
    bundle(join(folder, "ours"), join(root, "wrangler.toml")),
    bundle(join(folder, "floor"), join(root, "bench", "floor", "wrangler.toml")),
  ]);
  return { ours, floor };
}

async function bundle(folder: string, config: string): Promise<Bundle> {
  const { code, stdout, stderr } = await runWrangler(["deploy", "--dry-run", "--outdir", folder, "--config", config]);
  if (code !== 0) throw new Error(`wrangler could not build ${config}:\n${stdout}${stderr}`);
  const path = join(folder, "index.js");
  const text = await readFile(path);
  return { path, bytes: text.byteLength, gzipBytes: gzipSync(text).byteLength };
}
