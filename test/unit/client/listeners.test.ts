import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApi } from "../../../src/client/index.ts";
import { Request } from "../../../src/protocol/frames.ts";
import { FakeRoutes } from "./fake-routes.ts";
import { CHAT, conversation, message, settle, World } from "./fake-server.ts";

const reported = vi.fn();
const thrown = new Error("the app's");
const throws = () => {
  throw thrown;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("reportError", reported);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  reported.mockReset();
});

const login = { user_id: "ann", password: "secret", platform_id: 5 };

describe("an error thrown by the app's code stops nothing [LINK-1]", () => {
  test("a listener of the connection: it connects, is lost and reconnects, and other listeners are called", async () => {
    const world = new World();
    const seen: string[] = [];
    world.client.connection.subscribe(throws);
    world.client.connection.subscribe(() => seen.push(world.status));
    await settle();
    await world.socket.open();
    await world.socket.catchUp(100);
    await world.socket.end();
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    await world.socket.catchUp(100);
    expect(seen).toEqual(["catching_up", "online", "offline", "connecting", "catching_up", "online"]);
    expect(reported).toHaveBeenCalledTimes(6);
    expect(reported).toHaveBeenCalledWith(thrown);
  });

  test("a listener of a chat: its outbox continues", async () => {
    const world = await World.online(100, [conversation(0)]);
    world.client.messages(CHAT).subscribe(throws);
    world.client.conversations.subscribe(throws);
    world.client.onMessage(throws);
    const sendings = ["1", "2"].map((text) => world.client.sendText(CHAT, text).sent);
    for (const seq of [1, 2]) {
      await settle();
      await world.socket.answer(Request.SEND, {
        server_msg_id: seq,
        seq,
        send_at: 5,
        prev: 99 + seq,
        cursor: 100 + seq,
      });
    }
    expect((await Promise.all(sendings)).map(({ seq }) => seq)).toEqual([1, 2]);
    await world.socket.message(message(3), 102, 103);
    expect(world.client.conversations.getSnapshot().conversations).toMatchObject([{ max_seq: 3 }]);
  });

  test.each(["a listener", "the end of the wake hook"])("%s: close still completes", async (what) => {
    const wake = () => (what === "a listener" ? () => undefined : throws);
    const world = await World.online(100, [], { wake });
    if (what === "a listener") world.client.connection.subscribe(throws);
    world.client.close();
    expect([world.status, world.socket.isClosed]).toEqual(["closed", true]);
    expect(reported).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a wake hook: it connects", async () => {
    const world = await World.online(100, [], { wake: throws });
    expect(world.status).toBe("online");
    expect(reported).toHaveBeenCalledOnce();
  });

  test("onToken: it is signed in once, and connected", async () => {
    const data = { token: "t1", expires_at: Date.now() + 86_400_000, user_info: { user_id: "ann" } };
    const routes = new FakeRoutes().on("/auth/login", () => ({ data }));
    const options = { login, token: undefined, user_id: undefined, fetch: routes.fetch, onToken: throws };
    const world = new World(options as never);
    await settle();
    await world.socket.open();
    await world.socket.catchUp(100);
    expect([world.status, routes.count("/auth/login")]).toEqual(["online", 1]);
    expect(reported).toHaveBeenCalledOnce();
  });

  test("a storage that is unavailable: messages are sent", async () => {
    const world = await World.online(100, [conversation(0)], { storage: throws });
    world.client.sendText(CHAT, "hello").sent.catch(() => undefined);
    await settle();
    expect(world.socket.asked(Request.SEND)).toHaveLength(1);
    expect(reported).toHaveBeenCalledOnce();
  });

  test("without reportError it is thrown where the app's handlers see it", async () => {
    vi.stubGlobal("reportError", undefined);
    const microtask = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => undefined);
    const world = await World.online();
    world.client.connection.subscribe(throws);
    await world.socket.end();
    expect(microtask).toHaveBeenCalledOnce();
    expect(microtask.mock.calls[0]?.[0]).toThrow(thrown);
    microtask.mockRestore();
  });

  test("a fetch that throws is not an answer", async () => {
    const { user } = createApi({ url: "http://server.test", fetch: throws });
    await expect(user.me()).rejects.toMatchObject({ retryable: true, cause: thrown });
  });
});
