import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type BrowserSubscription, createClient, NexoClientError, type PushWorker } from "../../../src/client/index.ts";
import { Request } from "../../../src/protocol/frames.ts";
import { FakeRoutes } from "./fake-routes.ts";
import { settle, World } from "./fake-server.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const KEY = `BA${"A".repeat(85)}`;
const json = { endpoint: "https://push.example/1", keys: { p256dh: "p", auth: "a" } };

/** A browser's push manager; `log` has what was done to it. */
function browser({ key = null as string | null, refuses = false } = {}) {
  const log: string[] = [];
  let current = key === null ? null : made(key);
  function made(of: string): BrowserSubscription {
    return {
      options: { applicationServerKey: new Uint8Array(Buffer.from(of, "base64url")).buffer },
      toJSON: () => json,
      unsubscribe: async () => {
        log.push("unsubscribe");
        current = null;
        return true;
      },
    };
  }
  const worker: PushWorker = {
    pushManager: {
      getSubscription: async () => current,
      subscribe: async ({ userVisibleOnly, applicationServerKey }) => {
        if (refuses) throw new DOMException("permission denied", "NotAllowedError");
        if (current) throw new DOMException("another key", "InvalidStateError");
        log.push(`subscribe ${userVisibleOnly} ${applicationServerKey}`);
        current = made(applicationServerKey);
        return current;
      },
    },
  };
  return { worker, log };
}

function client(public_key = KEY) {
  const routes = new FakeRoutes()
    .on("/push/key", () => ({ data: { public_key, kinds: [] } }))
    .on("/push/register", () => ({ data: { device_id: "d" } }))
    .on("/push/unregister", () => ({ data: null }));
  const sdk = createClient({ url: "https://im.example", token: "t", user_id: "ann", fetch: routes.fetch });
  const bodies = (path: string) => routes.asked.filter((asked) => asked.path === path).map(({ body }) => body);
  return { push: sdk.push, bodies, sdk };
}

describe("a browser", () => {
  test("subscribes with the server's key, and is registered with what the app chose", async () => {
    const { push, bodies, sdk } = client();
    const { worker, log } = browser();
    expect(await push.register({ worker, privacy: "name", lang: "zh-CN" })).toEqual({ device_id: "d" });
    expect(log).toEqual([`subscribe true ${KEY}`]);
    expect(bodies("/push/register")).toEqual([{ kind: "webpush", ...json, privacy: "name", lang: "zh-CN" }]);
    await push.register({ worker });
    expect(log.length).toBe(1);
    sdk.close();
  });

  test("with a subscription for another key subscribes anew", async () => {
    const { push, sdk } = client();
    const { worker, log } = browser({ key: `BB${"B".repeat(85)}` });
    await push.register({ worker });
    expect(log).toEqual(["unsubscribe", `subscribe true ${KEY}`]);
    sdk.close();
  });

  test("that refuses, and a server without Web Push, are errors that no retry mends", async () => {
    const { push, bodies, sdk } = client();
    const refusal = await push.register({ worker: browser({ refuses: true }).worker }).catch((error) => error);
    expect(refusal).toBeInstanceOf(NexoClientError);
    expect([refusal.retryable, refusal.message]).toEqual([false, expect.stringContaining("permission denied")]);
    expect(bodies("/push/register")).toEqual([]);
    sdk.close();
    const without = client("");
    await expect(without.push.register({ worker: browser().worker })).rejects.toMatchObject({ retryable: false });
    without.sdk.close();
  });

  test("ends its subscription first, so that it ends even without the server", async () => {
    const { push, bodies, sdk } = client();
    const { worker, log } = browser({ key: KEY });
    await push.unregister(worker);
    expect([log, bodies("/push/unregister").length]).toEqual([["unsubscribe"], 1]);
    sdk.close();
  });
});

test("a phone's token is registered as it is", async () => {
  const { push, bodies, sdk } = client();
  await push.register({ kind: "fcm", token: "x" });
  expect(bodies("/push/register")).toEqual([{ kind: "fcm", token: "x" }]);
  sdk.close();
});

test("the background is told once, and again to each new socket while it lasts [NOTIFY-2]", async () => {
  const world = await World.online();
  const told = () => world.socket.asked(Request.BACKGROUND).map(({ data }) => data.background);
  world.client.push.background(false);
  expect(told()).toEqual([]);
  world.client.push.background(true);
  world.client.push.background(true);
  expect(told()).toEqual([true]);
  await world.socket.end(1006);
  await vi.advanceTimersByTimeAsync(5_000);
  await world.socket.open();
  await settle();
  expect(told()).toEqual([true]);
  world.client.push.background(false);
  expect(told()).toEqual([true, false]);
  world.client.close();
});
