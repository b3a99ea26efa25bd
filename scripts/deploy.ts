// npm run deploy
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildDocs } from "./build-docs.ts";
import { buildPage } from "./build-page.ts";
import { DeployError, deploy } from "./deploy-steps.ts";
import { root, runWrangler } from "./wrangler.ts";

const config = readFileSync(join(root, "wrangler.toml"), "utf8");
const database = /^database_name = "(.+)"$/m.exec(config)?.[1];
const queues = new Set([...config.matchAll(/^queue = "(.+)"$/gm)].map(([, name = ""]) => name));
const bucket = /^bucket_name = "(.+)"$/m.exec(config)?.[1];
if (database === undefined) throw new Error("wrangler.toml names no database");

try {
  await Promise.all([buildPage(), buildDocs()]);
  await deploy(
    { database, bucket, queues: [...queues] },
    {
      wrangler: runWrangler,
      say: console.log,
      async withFile(text, use) {
        const dir = mkdtempSync(join(tmpdir(), "nexo-im-"));
        try {
          const path = join(dir, "secrets.json");
          writeFileSync(path, text, { mode: 0o600 });
          return await use(path);
        } finally {
          rmSync(dir, { recursive: true });
        }
      },
    },
  );
} catch (error) {
  if (!(error instanceof DeployError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
