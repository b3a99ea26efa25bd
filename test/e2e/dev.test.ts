import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { Rest } from "../helpers/node/rest.ts";
import { freePort, startServer } from "../helpers/node/server.ts";

const devScript = fileURLToPath(new URL("../../scripts/dev.ts", import.meta.url));
const dev = (...args: string[]) => spawnSync(process.execPath, [devScript, ...args], { encoding: "utf8" });

const server = await startServer();
afterAll(() => server.stop());

const health = async (host: string) => {
  const { raw } = await new Rest(`http://${host}:${new URL(server.url).port}`).get("/health");
  return JSON.parse(raw);
};

it("serves on 127.0.0.1 and on localhost", async () => {
  expect(await health("127.0.0.1")).toEqual({ status: "ok" });
  expect(await health("localhost")).toEqual({ status: "ok" });
});

it("restarts with the same state after kill -9, and again", async () => {
  for (const _ of [1, 2]) {
    await server.kill9();
    await expect(health("127.0.0.1")).rejects.toThrow();
    await server.restart();
    expect(await health("127.0.0.1")).toEqual({ status: "ok" });
  }
});

it("runs next to another with its own state and port", async () => {
  const other = await startServer();
  expect(other.url).not.toBe(server.url);
  await other.stop();
  await expect(new Rest(other.url).get("/health")).rejects.toThrow();
  expect(await health("127.0.0.1")).toEqual({ status: "ok" });
});

it("reports that the port is in use, and exits with an error", async () => {
  const port = await freePort();
  const holder = createServer().listen(port, "127.0.0.1");
  await once(holder, "listening");
  const { status, stderr } = dev("--port", String(port));
  holder.close();
  expect(status).toBe(1);
  expect(stderr).toContain(`Port ${port} of 127.0.0.1 is in use`);
});

it.each(["web", "70000", "-1", "80.5"])("refuses port %s", (port) => {
  const { status, stderr } = dev(`--port=${port}`);
  expect(status).toBe(1);
  expect(stderr).toContain("not a port");
});
