import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildClient } from "../../scripts/build-client.ts";
import { root } from "../../scripts/wrangler.ts";
import { useServer } from "../helpers/node/suite.ts";

const suite = useServer();
// Inside the project, where the package resolves its own name, as the README says.
const scratch = join(root, ".wrangler");
mkdirSync(scratch, { recursive: true });
const folder = mkdtempSync(join(scratch, "readme-"));
const running: ChildProcess[] = [];

beforeAll(async () => {
  await buildClient();
});
afterEach(() => {
  for (const program of running.splice(0)) program.kill();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The first program in a language after a given text of a page. */
function programIn(page: string, after: string, language: string): string {
  const text = readFileSync(join(root, page), "utf8");
  const start = text.indexOf(after);
  const program = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text.slice(start))?.[1];
  if (start < 0 || program === undefined) throw new Error(`${page} has no ${language} after "${after}"`);
  return program;
}

/**
 * Runs a page's program unchanged, except for the address of this file's server.
 * @returns a function that returns its output so far
 */
function run(interpreter: string, name: string, program: string): () => string {
  const file = join(folder, name);
  writeFileSync(file, program.replaceAll("http://127.0.0.1:8080", suite.url));
  const child = spawn(interpreter, [file]);
  running.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output += text;
    });
  }
  return () => output;
}

const soon = { timeout: 20_000 };

describe("the programs in the docs do what the docs say", () => {
  test("README.md: hello", async () => {
    const output = run(process.execPath, "hello.mjs", programIn("README.md", "<!-- hello -->", "js"));
    await expect.poll(output, soon).toBe("Ben reads: Hello Ben\n");
  });

  test.skipIf(process.platform === "win32")("docs/PROTOCOL.md: by hand, with curl and by a bare socket", async () => {
    const curl = run("bash", "first.sh", programIn("docs/PROTOCOL.md", "## By hand", "sh"));
    await expect.poll(curl, soon).toMatch(/"messages":\[\{.*"content":\{"text":"Hello Ben"\}/);
    const socket = run(process.execPath, "first.mjs", programIn("docs/PROTOCOL.md", "## By hand", "js"));
    await expect.poll(socket, soon).toMatch(/"req_identifier":1009.*\n(.*\n)*.*"req_identifier":1003.*"seq":2/);
  });

  test("programs that need an app around them have correct types", () => {
    const page = readFileSync(join(root, "docs/SDK.md"), "utf8");
    expect(page.match(/^### \d+\. .+$/gm)?.length).toBe(15);
    const first = [...page.matchAll(/```ts\n([\s\S]*?)```/g)];
    expect(first.length).toBeGreaterThan(10);
    for (const [index, [, code = ""]] of [...page.matchAll(/```tsx\n([\s\S]*?)```/g)].entries()) {
      writeFileSync(join(folder, `component-${index}.tsx`), code);
    }
    const recipes = ["bot", "users"].map((name) => programIn("README.md", `<!-- ${name} -->`, "js"));
    const programs = [...first.map(([, code = ""]) => code), ...recipes];
    for (const [index, code] of programs.entries()) {
      const imports = code.includes("import ")
        ? ""
        : `import { createApi, createClient, mediaOf, MessageType, Platform } from "nexo-im/client";`;
      writeFileSync(join(folder, `program-${index}.ts`), `${imports}\n${code}`);
    }
    writeFileSync(join(folder, "chat.tsx"), programIn("README.md", "<!-- react -->", "tsx"));
    writeFileSync(
      join(folder, "app.d.ts"),
      `declare const url: string, password: string, token: string, user_id: string, expires_at: number;
       declare const ownToken: () => Promise<string>;
       declare const keep: (token: string, expires_at: number) => void, chat: string, file: File;
       declare const client: import("nexo-im/client").Client;`,
    );
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      module: "esnext",
      moduleResolution: "bundler",
      moduleDetection: "force",
      allowImportingTsExtensions: true,
      jsx: "react-jsx",
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts", "*.tsx"] }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    expect(stdout + stderr).toBe("");
  });
});
