import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, createReadStream, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildClient } from "../../scripts/build-client.ts";
import { root } from "../../scripts/wrangler.ts";
import { useBrowser } from "../helpers/node/browser.ts";
import { signUp } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";

const suite = useServer({ ALLOWED_ORIGINS: "*" });
const visit = useBrowser();
const folder = mkdtempSync(join(tmpdir(), "nexo-fresh-"));
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const shell = process.platform === "win32";

/** A project that has installed the packed package and nothing else; React is linked, so that no registry is asked. */
beforeAll(async () => {
  await buildClient();
  const packed = execFileSync(npm, ["pack", join(root, "dist/client"), "--json", "--silent"], { cwd: folder, shell });
  const [pack] = Object.values<{ filename: string }>(JSON.parse(packed.toString()));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  execFileSync(npm, ["install", "--offline", "--no-audit", "--no-fund", `./${pack?.filename}`], { cwd: folder, shell });
  for (const name of ["react", "react-dom", "scheduler", "@types", "csstype"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name), "junction");
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program of the project's tools, and says what it complains of. */
function complaints(program: string, ...given: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, program), ...given], {
    cwd: folder,
    encoding: "utf8",
  });
  return status === 0 ? "" : stdout + stderr;
}

describe("the packed package in a project of its own", () => {
  test("can be imported where there is no DOM, and opens nothing by that", () => {
    const program = `
      const names = ["client", "client/indexeddb", "client/history", "client/node", "react"];
      for (const name of names) console.log(name, Object.keys(await import("nexo-im/" + name)).length > 0);`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder });
    expect(printed.toString().trim().split("\n")).toEqual([
      "client true",
      "client/indexeddb true",
      "client/history true",
      "client/node true",
      "react true",
    ]);
  });

  test.each([
    ["bundler", "esnext"],
    ["nodenext", "nodenext"],
  ])("has types for moduleResolution %s that lean on no other package", (moduleResolution, module) => {
    writeFileSync(
      join(folder, "app.ts"),
      `import { type Client, createApi, createClient, type Message, MessageType } from "nexo-im/client";
       import { historyIn, memoryHistoryStorage } from "nexo-im/client/history";
       import { indexedDbHistory, indexedDbStorage } from "nexo-im/client/indexeddb";
       import { fileHistory } from "nexo-im/client/node";
       import { useConversations, useMessages } from "nexo-im/react";
       const client: Client = createClient({ url: "/", token: async () => "t", storage: indexedDbStorage() });
       export const histories = [indexedDbHistory(), fileHistory("here"), historyIn(memoryHistoryStorage())];
       export const textOf = (message: Message): string =>
         message.msg_type === MessageType.TEXT ? message.content.text : "";
       export const unread = (): number => useConversations().unread_count;
       export const shown = (): string[] => useMessages("sg_lunch").messages.map(textOf);
       export const group: Promise<{ id: string }> = client.api.group.create({ name: "Lunch" });
       // @ts-expect-error a group has a name
       client.api.group.create({});
       // @ts-expect-error a password is a text
       createApi({ url: "/" }).auth.register({ nickname: "Ann", password: 5 });`,
    );
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      module,
      moduleResolution,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
    expect(complaints("node_modules/typescript/bin/tsc", "-p", ".")).toBe("");
  });

  test.skipIf(browserPath === undefined)("examples/react: is typed, is built by Vite, and chats", async () => {
    cpSync(join(root, "examples/react"), folder, { recursive: true });
    expect(complaints("node_modules/typescript/bin/tsc", "-p", "tsconfig.json")).toBe("");
    expect(complaints("node_modules/vite/bin/vite.js", "build", "--logLevel", "error")).toBe("");
    const files = serve(join(folder, "dist"));
    try {
      await once(files, "listening");
      const [alice, bob] = [await signUp(suite.rest, "alice"), await signUp(suite.rest, "bob")];
      const given = new URLSearchParams({ url: suite.url, user: alice.id, password: alice.password, to: bob.id });
      const { page } = await visit(`http://127.0.0.1:${(files.address() as AddressInfo).port}/?${given}`);
      await page.getByRole("status").getByText("online").waitFor();
      await bob.text(alice, "<b>hello</b>");
      const lines = page.getByRole("listitem");
      await lines.getByText("<b>hello</b>").waitFor();
      await page.getByLabel("Message").fill("and back");
      await page.getByRole("button", { name: "Send" }).click();
      await lines.getByText("and back", { exact: false }).waitFor();
      await expect.poll(() => lines.count()).toBe(2);
      const nickname = (await bob.api.user.me()).nickname;
      await lines.getByText(`${nickname}: <b>hello</b>`).waitFor();
    } finally {
      files.closeAllConnections();
      files.close();
    }
  });
});

/** Serves a folder, as any host of files does. */
function serve(from: string): Server {
  return createServer(({ url = "" }, response) => {
    const { pathname } = new URL(url, "http://files.test");
    response.setHeader("Content-Type", pathname.endsWith(".js") ? "text/javascript" : "text/html");
    createReadStream(join(from, pathname === "/" ? "index.html" : pathname))
      .once("error", () => response.writeHead(404).end())
      .pipe(response);
  }).listen(0, "127.0.0.1");
}
