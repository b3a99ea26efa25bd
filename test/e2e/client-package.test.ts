import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildClient, DECLARATIONS } from "../../scripts/build-client.ts";
import { sdkApi } from "../../scripts/sdk-api.ts";
import { root } from "../../scripts/wrangler.ts";
import { useBrowser } from "../helpers/node/browser.ts";
import { type Person, signUp, uniqueId } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { browserPath } from "../helpers/node/visitor.ts";
import { outgoing, singleId } from "../helpers/node/wire.ts";

const suite = useServer({ ALLOWED_ORIGINS: "*" });
const visit = useBrowser();
const built = (name: string) => join(root, "dist/client", name);
const folder = mkdtempSync(join(tmpdir(), "nexo-client-"));
let size: Awaited<ReturnType<typeof buildClient>>;

beforeAll(async () => {
  size = await buildClient();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  // 25 KB before messages could change: operations, quotes, jumps and the rule of revs are the rest.
  test("is under 32 KB gzipped, with hooks under 2 KB, has no imports, and contains no zod", () => {
    expect(size.gzipped).toBeLessThan(32_000);
    expect(size.react.gzipped).toBeLessThan(2_000);
    const code = readFileSync(built("index.js"), "utf8");
    expect(code).not.toMatch(/\bimport\s*["'{*]/);
    expect(code).not.toContain("zod");
    expect(readFileSync(built("indexeddb.js"), "utf8")).not.toMatch(/\bimport\s*["'{*]/);
  });

  test("passes publint", async () => {
    const { messages } = await publint({ pkgDir: built("."), strict: true });
    expect(messages).toEqual([]);
  });

  test("has the public types that docs/sdk-api.md lists: npm run sdk-api", () => {
    expect(readFileSync(join(root, "docs/sdk-api.md"), "utf8")).toBe(sdkApi(built("types"), DECLARATIONS));
  });

  test("has types that need neither the DOM nor other types of a platform", async () => {
    const consumer = join(folder, "consumer.ts");
    const types = JSON.stringify(built("types/client/index.js"));
    writeFileSync(
      consumer,
      `import { type Client, createApi, createClient } from ${types};
       const client: Client = createClient({ url: "https://im.example", token: "t" });
       const unread: number = client.conversations.getSnapshot().unread_count;
       export const group: Promise<{ id: string; member_count: number }> = client.api.group.create({ name: "Lunch" });
       export const sent: Promise<{ seq: number }> = client.sendText("sg_lunch", String(unread)).sent;
       export const login: Promise<{ token: string }> =
         createApi({ url: "https://im.example" }).auth.login({ user_id: "ann", password: "secret", platform_id: 5 });
       // @ts-expect-error a group has a name
       client.api.group.create({});`,
    );
    const options = ["--ignoreConfig", "--noEmit", "--strict", "--lib", "es2022", "--types", "", "--skipLibCheck"];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const modules = ["--module", "esnext", "--moduleResolution", "bundler", "--allowImportingTsExtensions"];
    expect(await outputOf(spawn(process.execPath, [tsc, ...options, ...modules, consumer]))).toBe("");
  });
});

describe("the examples", () => {
  let running: ChildProcess | undefined;
  let files: Server | undefined;
  afterEach(() => {
    running?.kill();
    files?.closeAllConnections();
    files?.close();
  });

  /** Serves the project's folder, as chat.html requires. @returns its address, which is not that of the chat server */
  async function serveProject(): Promise<string> {
    files = createServer(({ url = "" }, response) => {
      const { pathname } = new URL(url, "http://files.test");
      response.setHeader("Content-Type", pathname.endsWith(".js") ? "text/javascript" : "text/html");
      createReadStream(join(root, pathname))
        .once("error", () => response.writeHead(404).end())
        .pipe(response);
    }).listen(0, "127.0.0.1");
    await once(files, "listening");
    return `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  }

  const lastTextOf = async (person: Person, chat: string) =>
    (await person.pull(chat)).messages.at(-1)?.content.text ?? "nothing yet";

  test("bot.ts answers users who write to it", async () => {
    const bot = uniqueId("bot");
    await suite.rest.api.auth.register({ user_id: bot, nickname: "Bot", password: "a bot's secret" });
    const env = { ...process.env, NEXO_URL: suite.url, NEXO_USER: bot, NEXO_PASSWORD: "a bot's secret" };
    running = spawn(process.execPath, [join(root, "examples/bot.ts")], { env });
    let log = "";
    running.stdout?.on("data", (text) => {
      log += text;
    });
    await expect.poll(() => log, { timeout: 10_000 }).toContain("online");

    const alice = await signUp(suite.rest, "alice");
    const chat = singleId(alice.id, bot);
    await alice.api.msg.send(outgoing({ user: bot }, { text: "hello" }));
    await expect.poll(() => lastTextOf(alice, chat), { timeout: 10_000 }).toBe("You said: hello");
  });

  test.skipIf(browserPath === undefined)("chat.html sends what is typed, and shows what arrives", async () => {
    const [alice, bob] = [await signUp(suite.rest, "alice"), await signUp(suite.rest, "bob")];
    const given = new URLSearchParams({ url: suite.url, user: alice.id, password: alice.password, to: bob.id });
    const { page } = await visit(`${await serveProject()}/examples/chat.html?${given}`);
    await page.getByRole("status").getByText("online").waitFor();
    const lines = page.getByRole("listitem");
    await bob.text(alice, "<b>hello</b>");
    await lines.getByText(`${bob.id}: <b>hello</b>`, { exact: true }).waitFor();
    await page.getByLabel("Message").fill("and back");
    await page.getByRole("button", { name: "Send" }).click();
    await lines.getByText(`${alice.id}: and back`, { exact: true }).waitFor();
    expect(await lines.allTextContents()).toEqual([`${bob.id}: <b>hello</b>`, `${alice.id}: and back`]);
    expect(await lastTextOf(bob, alice.chatWith(bob))).toBe("and back");
  });
});

async function outputOf(child: ChildProcess): Promise<string> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text) => {
      output += text;
    });
  }
  await new Promise((resolve) => child.once("close", resolve));
  return output;
}
