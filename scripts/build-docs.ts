import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "./wrangler.ts";

const out = join(root, "dist/page");
const viewer = join(root, "node_modules/swagger-ui-dist");

/** The source of each file of the API reference. */
const FILES = {
  "docs.html": join(root, "src/page/docs/index.html"),
  "docs/start.js": join(root, "src/page/docs/start.js"),
  "docs/viewer.js": join(viewer, "swagger-ui-bundle.js"),
  "docs/viewer.css": join(viewer, "swagger-ui.css"),
  "docs/openapi.json": join(root, "docs/openapi.json"),
  "docs/asyncapi.json": join(root, "docs/asyncapi.json"),
} as const;

/**
 * Copies the API reference into dist/page, next to the page. The viewer is unchanged and served by this server only.
 */
export async function buildDocs(): Promise<void> {
  await Promise.all(Object.entries(FILES).map(([name, source]) => put(join(out, name), source)));
}

async function put(path: string, source: string): Promise<void> {
  const [bytes, before] = await Promise.all([readFile(source), readFile(path).catch(() => null)]);
  if (before?.equals(bytes)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
