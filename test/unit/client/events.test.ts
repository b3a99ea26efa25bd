import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Client, Code, createApi, NO_ANSWER } from "../../../src/client/index.ts";
import { Push } from "../../../src/protocol/frames.ts";
import { FakeRoutes } from "./fake-routes.ts";
import { conversation, message, settle, World } from "./fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("events of each kind reach their listeners, until they stop", async () => {
  const world = await World.online(100, [conversation(0)]);
  const [messages, states]: [number[], string[]] = [[], []];
  const stop = world.client.on("message", ({ seq }) => messages.push(seq));
  world.client.on("connection", ({ status }) => states.push(status));
  const signedOut = vi.fn();
  world.client.on("signed_out", signedOut);
  await world.socket.message(message(1), 100, 101);
  stop();
  await world.socket.message(message(2), 101, 102);
  await world.socket.push(Push.SIGNED_OUT, { reason: "new_login", code: Code.TOKEN_INVALID });
  await world.socket.end(4001);
  expect([messages, states]).toEqual([[1], ["signed_out"]]);
  expect(signedOut.mock.calls).toEqual([[{ reason: "new_login", code: Code.TOKEN_INVALID }]]);
});

test("an app that signs out itself gets no event, and no app gets one after close [LINK-2]", async () => {
  const told = vi.fn();
  const routes = new FakeRoutes().on("/auth/logout", () => ({ data: null }));
  const world = await World.online(100, [], { fetch: routes.fetch, onSignedOut: told, onToken: told });
  await world.client.signOut();
  await settle();
  expect(told).not.toHaveBeenCalled();
});

test("a client is closed where it goes out of scope", async () => {
  const world = await World.online();
  const statusOf = (client: Client) => client.connection.getSnapshot().status;
  {
    using client = world.client;
    expect(statusOf(client)).toBe("online");
  }
  expect(statusOf(world.client)).toBe("closed");
});

test("listeners of a view get its snapshot", async () => {
  const world = await World.online(100, [conversation(0)]);
  const seen: number[] = [];
  world.client.conversations.subscribe(({ unread_count }) => seen.push(unread_count));
  await world.socket.message(message(1), 100, 101);
  expect(seen).toEqual([1]);
});

test("a logger gets connections and refused calls, but no token, and its errors break nothing [LINK-1]", async () => {
  const lines: string[] = [];
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  const log = (text: string, details: object) => {
    lines.push(`${text} ${JSON.stringify(details)}`);
    throw new Error("the app's");
  };
  const routes = new FakeRoutes().on("/group/info", () => ({ code: Code.GROUP_NOT_FOUND, status: 404 }));
  const world = await World.online(100, [], { fetch: routes.fetch, logger: { debug: log, warn: log } });
  await expect(world.client.api.group.info("secret-group")).rejects.toMatchObject({ code: Code.GROUP_NOT_FOUND });
  vi.unstubAllGlobals();
  expect(lines).toEqual([
    expect.stringContaining('"status":"catching_up"'),
    expect.stringContaining('"status":"online"'),
    expect.stringContaining('"path":"/group/info"'),
  ]);
  expect(lines.join()).not.toMatch(/a-token|secret-group/);
  expect(reported).toHaveBeenCalledTimes(3);
});

describe("a call is given up by its signal", () => {
  const never = () => {
    const aborted = vi.fn();
    const fetch: typeof globalThis.fetch = (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => {
          aborted();
          reject(new Error("aborted"));
        });
      });
    return { fetch, aborted };
  };

  test("while it waits, with the signal's reason", async () => {
    const { fetch, aborted } = never();
    const giveUp = new AbortController();
    const api = createApi({ url: "http://server.test", token: "t", fetch: fetch as never });
    const call = api.with({ signal: giveUp.signal }).group.members({ group_id: "g" });
    giveUp.abort("left");
    await expect(call).rejects.toMatchObject({ code: NO_ANSWER, retryable: false, cause: "left" });
    expect(aborted).toHaveBeenCalledTimes(1);
  });

  test("before it is made, and others are not", async () => {
    const routes = new FakeRoutes().on("/user/info", () => ({ data: { user_id: "ann" } }));
    const api = createApi({ url: "http://server.test", token: "t", fetch: routes.fetch });
    await expect(api.with({ signal: AbortSignal.abort() }).user.me()).rejects.toMatchObject({ code: NO_ANSWER });
    expect(routes.asked).toEqual([]);
    await expect(api.user.me()).resolves.toEqual({ user_id: "ann" });
  });
});
