import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { requestTypes } from "./request-types.ts";
import { root } from "./wrangler.ts";

const out = join(root, "dist/client");

/** The modules of the package: by what an app imports, the name of the built file and the source. */
const MODULES = {
  "./client": { name: "index", source: "index" },
  "./client/indexeddb": { name: "indexeddb", source: "storage/indexeddb" },
  "./client/history": { name: "history", source: "history/index" },
  "./client/node": { name: "node", source: "storage/node" },
  "./react": { name: "react", source: "react" },
};

/** The declarations of each module, below the folder of types. */
export const DECLARATIONS = Object.fromEntries(
  Object.entries(MODULES).map(([path, { source }]) => [path.replace(".", "nexo-im"), `client/${source}.d.ts`]),
);

export interface Size {
  readonly raw: number;
  readonly gzipped: number;
}

/** Builds the package into dist/client: modules that stand alone, their types, and a package.json to publish. */
export async function buildClient(): Promise<Size & { react: Size }> {
  await rm(out, { recursive: true, force: true });
  await Promise.all([bundle(), types()]);
  await writeFile(join(out, "package.json"), JSON.stringify(await manifest(), null, 2));
  for (const file of ["LICENSE", "README.md"]) await writeFile(join(out, file), await readFile(join(root, file)));
  return { ...(await sizeOf("index.js")), react: await sizeOf("react.js") };
}

async function sizeOf(file: string): Promise<Size> {
  const bundled = await readFile(join(out, file));
  return { raw: bundled.byteLength, gzipped: gzipSync(bundled, { level: 9 }).byteLength };
}

async function bundle(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      Object.values(MODULES).map(({ name, source }) => [name, `src/client/${source}.ts`]),
    ),
    outdir: out,
    bundle: true,
    external: ["react", "node:*"],
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
  await requestTypes(join(out, "types/protocol"));
}

/** The package as it is published: the server's dependencies and scripts are none of an app's business. */
async function manifest(): Promise<object> {
  const { name, version, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const exported = Object.entries(MODULES).map(([path, module]) => [
    path,
    { types: `./types/client/${module.source}.d.ts`, default: `./${module.name}.js` },
  ]);
  return {
    name,
    version,
    description: "The client SDK of Nexo IM.",
    license,
    type: "module",
    sideEffects: false,
    exports: { ...Object.fromEntries(exported), "./package.json": "./package.json" },
    engines: { node: ">=20" },
    peerDependencies: { react: ">=18" },
    peerDependenciesMeta: { react: { optional: true } },
  };
}
