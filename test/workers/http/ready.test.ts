import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { objectReady } from "../../../src/features/health/calls.ts";
import { call } from "../../helpers/workers/api.ts";
import { aroundCall } from "../../helpers/workers/calls.ts";
import { d1Faults } from "../../helpers/workers/faults.ts";
import { rows } from "../../helpers/workers/objects.ts";

const d1 = d1Faults();
const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
let isOut = false;
let looks = 0;
aroundCall("inboxes", objectReady, async (_, answer) => {
  looks++;
  if (isOut) throw new Error("out of reach");
  return await answer();
});
const REMEMBERED = 5_000;

afterEach(() => {
  d1.fails = () => false;
  vi.useRealTimers();
});

test("[WIRE-7] is 200 while everything works, else 503 with what does not, and checks at most once in five seconds", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  expect(await call("GET", "/ready")).toMatchObject({ status: 200, code: 0, data: { status: "ready" } });
  d1.fails = () => true;
  for (let times = 0; times < 20; times++) expect((await call("GET", "/ready")).status).toBe(200);
  expect(looks).toBe(1);

  vi.setSystemTime(Date.now() + REMEMBERED);
  const broken = await call("GET", "/ready");
  expect(broken).toMatchObject({ status: 503, code: 1008, msg: "not ready: database", data: null });
  expect(error.mock.calls.join()).toContain("not_ready");
  d1.fails = () => false;
  expect((await call("GET", "/ready")).status).toBe(503);

  vi.setSystemTime(Date.now() + REMEMBERED);
  isOut = true;
  expect(await call("GET", "/ready")).toMatchObject({ status: 503, msg: "not ready: objects" });
  isOut = false;
  vi.setSystemTime(Date.now() + REMEMBERED);
  expect((await call("GET", "/ready")).status).toBe(200);
});

test("[WIRE-7] [SEND-7] calls no user's inbox, and stores nothing in the objects it calls", async () => {
  await call("GET", "/ready");
  const tables = await rows(env.INBOX.getByName(":ready"), "SELECT name FROM sqlite_master WHERE name = 'owner'");
  expect(tables).toEqual([]);
});
