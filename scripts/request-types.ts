import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { root } from "./wrangler.ts";

/** Declarations that hold no type of zod's: an app has no zod. */
const PLAIN = ["codes", "frames", "ids", "limits", "model", "account-model", "group-model", "push-model", "exact-json"];

/** What stands in frames is read inside the SDK only. */
const FRAMES = {
  "frame-answers":
    "export type FrameData<_N> = any;\nexport type PushData<_N> = any;\nexport type PushNumber = number;\n",
  "frame-requests": "export type FrameNumber = number;\n",
};

/**
 * Writes what clients put into requests as plain types, in place of what is inferred from zod's schemas.
 * @param folder the declarations of src/protocol
 */
export async function requestTypes(folder: string): Promise<void> {
  const requests = await plainRequests();
  for (const file of await readdir(folder)) {
    if (!PLAIN.includes(file.replace(/\.d\.ts$/, ""))) await rm(join(folder, file));
  }
  await writeFile(join(folder, "requests.d.ts"), requests);
  for (const [name, text] of Object.entries(FRAMES)) await writeFile(join(folder, `${name}.d.ts`), text);
}

/** Lets tsc say what each type is, once nothing stands for it. */
async function plainRequests(): Promise<string> {
  const source = await readFile(join(root, "src/protocol/requests.ts"), "utf8");
  const names = [...source.matchAll(/^export type (\w+Request) =/gm)].map(([, name = ""]) => name);
  await mkdir(join(root, ".wrangler"), { recursive: true });
  const scratch = await mkdtemp(join(root, ".wrangler", "types-"));
  const values = names.map((name) => `export const ${name} = plain<requests.${name}>();`);
  await writeFile(
    join(scratch, "plain.ts"),
    `import type * as requests from "../../src/protocol/requests.ts";
     declare function plain<Fields>(): { [Name in keyof Fields]: Fields[Name] };
     ${values.join("\n")}`,
  );
  const tsconfig = {
    extends: "../../tsconfig.json",
    compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: "../..", outDir: "out" },
    include: ["plain.ts"],
  };
  await writeFile(join(scratch, "tsconfig.json"), JSON.stringify(tsconfig));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const child = spawn(process.execPath, [tsc, "-p", scratch], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error("tsc could not say what requests are");
  const file = join(scratch, "out", relative(root, scratch), "plain.d.ts");
  const declared = await readFile(file, "utf8");
  await rm(scratch, { recursive: true });
  const types = declared
    .split("\n")
    .filter((line) => !/^(import|declare function) /.test(line))
    .join("\n")
    .replaceAll(/^export declare const (\w+): /gm, "export type $1 = ");
  if (/\bzod\b|\bz\.|plain</.test(types)) throw new Error(`a request is not plain:\n${types}`);
  return `${types}\nexport type FrameRequest<_N> = any;\nexport type RouteRequest<_K> = any;\n`;
}
