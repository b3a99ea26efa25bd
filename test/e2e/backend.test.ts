import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Rest } from "../helpers/node/rest.ts";
import { freePort, type Server, startServer } from "../helpers/node/server.ts";

const SHOP_SECRET = "the secret of the shop, at least 32 bytes";
const HOOK_SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const state = mkdtempSync(join(tmpdir(), "nexo-backend-"));
let server: Server;
let backend: ChildProcess;
let address: string;

beforeAll(async () => {
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  const issuers = [{ issuer: "shop", audience: "chat", prefix: "s-", secrets: [SHOP_SECRET] }];
  const vars = {
    LOGIN_ISSUERS: JSON.stringify(issuers),
    WEBHOOKS: "on",
    WEBHOOK_PRIVATE: "on",
    HOOK_BEFORE_URL: `${address}/before`,
    HOOK_BEFORE_SECRET: HOOK_SECRET,
    HOOK_BEFORE_MS: "5000",
    HOOK_BEFORE_FAIL: "closed",
  };
  server = await startServer({ state, vars });
  const made = execFileSync(process.execPath, ["scripts/admin-key.ts", "--scope", "all", "--persist-to", state]);
  const key = made.toString().split("\n")[0] ?? "";
  const env = { ...process.env, NEXO_URL: server.url, NEXO_KEY: key, SHOP_SECRET, HOOK_SECRET, PORT: String(port) };
  backend = spawn(process.execPath, ["examples/backend.ts"], { env, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => backend.stdout?.once("data", resolve));
  const hook = { url: `${address}/events`, secret: HOOK_SECRET, types: ["message.sent"] };
  expect(await new Rest(server.url, key).post("/admin/hooks", hook)).toMatchObject({ code: 0 });
});

afterAll(async () => {
  backend?.kill();
  await server?.stop();
  rmSync(state, { recursive: true, force: true });
});

/** A user of the shop, in the chat. */
async function customer(name: string): Promise<Rest> {
  const token = await (await fetchFrom(`/chat-token?user=${name}`)).text();
  const exchanged = await new Rest(server.url).api.auth.exchange({ token, platform_id: 5 });
  expect(exchanged.user_info).toMatchObject({ user_id: `s-${name}`, nickname: `Customer ${name}` });
  return new Rest(server.url, exchanged.token);
}

const fetchFrom = (path: string, init?: RequestInit) => globalThis.fetch(address + path, init);

let sent = 0;
const text = (rest: Rest, recv_id: string, words: string) =>
  rest.post("/msg/send", { client_msg_id: `t${++sent}`, recv_id, msg_type: 1, content: { text: words } });

test("[TRUST-1] [HOOK-1] [HOOK-5] examples/backend.ts lets its users in, answers as a bot, and keeps a word out", async () => {
  const ann = await customer("ann");
  await customer("ben");
  expect(await text(ann, "s-ben", "buy spam now")).toMatchObject({ code: 4011, msg: "no spam, please" });
  expect(await text(ann, "s-ben", "hello")).toMatchObject({ code: 0 });
  expect(await text(ann, "shop-bot", "is anyone there?")).toMatchObject({ code: 0 });
  await vi.waitFor(
    async () => {
      const { messages } = await ann.api.msg.pull({ conversation_id: "si_s-ann:shop-bot" });
      const said = messages.map(({ sender_id, content }) => [sender_id, (content as { text: string }).text]);
      expect(said).toContainEqual(["shop-bot", "You said: is anyone there?"]);
    },
    { timeout: 30_000, interval: 200 },
  );
});

test("[HOOK-2] examples/backend.ts refuses calls that are forged, and those that are old", async () => {
  const body = JSON.stringify({ id: "x", type: "message.sending", data: { content: { text: "x" } } });
  const call = (headers: Record<string, string>) => fetchFrom("/before", { method: "POST", body, headers });
  const now = String(Math.floor(Date.now() / 1_000));
  expect((await call({})).status).toBe(401);
  const forged = { "webhook-id": "x", "webhook-timestamp": now, "webhook-signature": "v1,AAAA" };
  expect((await call(forged)).status).toBe(401);
  const { signedHeaders } = await import("../../src/core/signing.ts");
  expect((await call(await signedHeaders([HOOK_SECRET], "x", body, Date.now()))).status).toBe(200);
  expect((await call(await signedHeaders([HOOK_SECRET], "x", body, Date.now() - 600_000))).status).toBe(401);
});
