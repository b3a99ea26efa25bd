import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { root } from "./wrangler.ts";

const source = join(root, "src/page");
const out = join(root, "dist/page");

/** Calls of `h`: with the automatic runtime, which tsconfig.json names, the page is 450 bytes larger, gzipped. */
const JSX = {
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["src/page/jsx.ts"],
  tsconfigRaw: {},
} satisfies BuildOptions;

/**
 * Builds the page into dist/page, which the Worker serves. Writes only files that changed: a running server would
 * otherwise reload all of them.
 */
export async function buildPage(): Promise<{ gzipped: number }> {
  const config = await readFile(join(root, "wrangler.toml"), "utf8");
  const files = await bundledPage(/^MEDIA_ORIGIN = "(.*)"$/m.exec(config)?.[1] ?? "");
  await Promise.all([...files].map(([name, bytes]) => put(join(out, name), bytes)));
  for (const entry of await readdir(join(out, "assets"))) {
    if (!files.has(`assets/${entry}`)) await rm(join(out, "assets", entry));
  }
  const sizes = [...files].filter(([name]) => name !== "_headers").map(([, bytes]) => gzipSync(bytes).byteLength);
  return { gzipped: sizes.reduce((sum, size) => sum + size, 0) };
}

/**
 * The files of the page by their path. @param mediaOrigin the host of files, if they have one of their own: the page
 * shows its pictures without a click, and the headers let it play its videos
 */
export async function bundledPage(mediaOrigin: string): Promise<Map<string, Uint8Array>> {
  const options = {
    absWorkingDir: root,
    outdir: out,
    entryNames: "assets/[name]-[hash]",
    bundle: true,
    format: "esm",
    target: "es2024",
    platform: "browser",
    define: { MEDIA_ORIGIN: JSON.stringify(mediaOrigin) },
    loader: { ".svg": "copy", ".png": "copy" },
    minify: true,
    write: false,
    logLevel: "warning",
  } satisfies BuildOptions;
  const built = await Promise.all([
    build({ ...options, ...JSX, entryPoints: { page: "src/page/main.tsx" } }),
    build({
      ...options,
      entryPoints: {
        worker: "src/page/worker.js",
        icon: "src/page/icon.svg",
        unread: "src/page/unread.svg",
        icon192: "src/page/icon192.png",
        icon512: "src/page/icon512.png",
      },
    }),
  ]);
  const outputs = built.flatMap(({ outputFiles }) => outputFiles);
  const files = new Map(outputs.map(({ path, contents }) => [`assets/${basename(path)}`, contents]));
  const manifest = withNames(await readFile(join(source, "app.webmanifest"), "utf8"), files);
  const hash = createHash("sha256").update(manifest).digest("hex").slice(0, 8).toUpperCase();
  files.set(`assets/app-${hash}.webmanifest`, Buffer.from(manifest));
  files.set("index.html", Buffer.from(withNames(await readFile(join(source, "index.html"), "utf8"), files)));
  const headers = await readFile(join(source, "_headers"), "utf8");
  files.set("_headers", Buffer.from(headers.replaceAll("MEDIA_ORIGIN", mediaOrigin)));
  return files;
}

/** The same text with the names that the built files have. */
function withNames(text: string, files: ReadonlyMap<string, Uint8Array>): string {
  return text.replaceAll(/\.\/(\w+)\.(js|css|svg|png|webmanifest)/g, (_, name: string, extension: string) => {
    const built = [...files.keys()].find((key) => key.startsWith(`assets/${name}-`) && key.endsWith(`.${extension}`));
    if (built === undefined) throw new Error(`${name}.${extension} is wanted, and was not built`);
    return `/${built}`;
  });
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  const before = await readFile(path).catch(() => null);
  if (before?.equals(bytes)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
