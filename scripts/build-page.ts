import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./wrangler.ts";

const source = join(root, "src/page");
const out = join(root, "dist/page");

/**
 * Builds the page into dist/page, which the Worker serves. Writes only files that changed: a running server would
 * otherwise reload all of them.
 */
export async function buildPage(): Promise<{ gzipped: number }> {
  const files = await bundled();
  await Promise.all([...files].map(([name, bytes]) => put(join(out, name), bytes)));
  for (const entry of await readdir(join(out, "assets"))) {
    if (!files.has(`assets/${entry}`)) await rm(join(out, "assets", entry));
  }
  const sizes = [...files].filter(([name]) => name !== "_headers").map(([, bytes]) => gzipSync(bytes).byteLength);
  return { gzipped: sizes.reduce((sum, size) => sum + size, 0) };
}

async function bundled(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { page: "src/page/main.tsx", icon: "src/page/icon.svg" },
    outdir: out,
    entryNames: "assets/[name]-[hash]",
    bundle: true,
    format: "esm",
    target: "es2024",
    platform: "browser",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".svg": "copy" },
    minify: true,
    write: false,
    logLevel: "warning",
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [`assets/${basename(path)}`, contents]));
  files.set("index.html", Buffer.from(pageOf(await readFile(join(source, "index.html"), "utf8"), [...files.keys()])));
  files.set("_headers", await readFile(join(source, "_headers")));
  return files;
}

/** The page with the names of the built files. */
function pageOf(html: string, names: readonly string[]): string {
  return html.replaceAll(/\.\/(\w+)\.(js|css|svg)/g, (_, name: string, extension: string) => {
    const built = names.find((each) => each.startsWith(`assets/${name}-`) && each.endsWith(`.${extension}`));
    if (built === undefined) throw new Error(`index.html needs ${name}.${extension}, which was not built`);
    return `/${built}`;
  });
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  const before = await readFile(path).catch(() => null);
  if (before?.equals(bytes)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
