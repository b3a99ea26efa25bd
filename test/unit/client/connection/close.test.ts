import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type Token } from "../../../../src/client/index.ts";
import { FakeRoutes } from "../fake-routes.ts";
import { CHAT, conversation, settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const HOUR = 3_600_000;
const login = { user_id: "ann", password: "secret", platform_id: 5 };
const token = (name: string) => ({ token: name, expires_at: Date.now() + HOUR });

/** Runs all remaining timers, and returns the requests and sockets opened meanwhile. */
async function outlast(world: World, routes: FakeRoutes) {
  const [asked, sockets] = [routes.asked.length, world.sockets.length];
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  return { asked: routes.asked.slice(asked).map(({ path }) => path), sockets: world.sockets.length - sockets };
}
const nothing = { asked: [], sockets: 0 };

describe("after close nothing happens [LINK-2]", () => {
  test.each(["/auth/login", "/auth/refresh"])("an answer of %s in flight sets no token", async (path) => {
    const answer = Promise.withResolvers<{ data: unknown }>();
    const routes = new FakeRoutes().on(path, () => answer.promise);
    const tokens: Token[] = [];
    const onToken = (next: Token) => void tokens.push(next);
    const world =
      path === "/auth/login"
        ? new World({ login, token: undefined, user_id: undefined, fetch: routes.fetch, onToken } as never)
        : await World.online(100, [], { fetch: routes.fetch, expires_at: Date.now() + HOUR, onToken });
    if (path === "/auth/refresh") {
      world.client.refresh().catch(() => undefined);
    }
    await settle();
    expect(routes.count(path)).toBe(1);
    const before = world.client.token;
    world.client.close();
    answer.resolve({ data: { ...token("late"), user_info: { user_id: "ann" } } });
    expect(await outlast(world, routes)).toEqual(nothing);
    expect([tokens, world.client.token]).toEqual([[], before]);
  });

  test("later calls open no socket, call no route and move no mark", async () => {
    const routes = new FakeRoutes();
    const world = await World.online(100, [conversation(5)], { fetch: routes.fetch });
    const { client } = world;
    client.close();
    const changed = vi.fn();
    client.connection.subscribe(changed);
    client.conversations.subscribe(changed);
    client.focus(CHAT);
    client.markRead(CHAT);
    client.setTyping(CHAT, true);
    client.messages(CHAT).subscribe(() => undefined);
    client.presence(["ben"]).subscribe(() => undefined);
    client.wake();
    world.wake();
    await expect(client.refresh()).rejects.toMatchObject({ code: Code.UNAUTHORIZED });
    expect(() => client.resend("x")).toThrow("closed");
    expect(await outlast(world, routes)).toEqual(nothing);
    expect(changed).not.toHaveBeenCalled();
  });

  test("a message in flight on a route is neither failed nor forgotten", async () => {
    const answer = Promise.withResolvers<{ data: unknown }>();
    const routes = new FakeRoutes().on("/msg/send", () => answer.promise);
    const stored = new Map<string, string>();
    const storage = () => ({
      set: (key: string, value: string) => void stored.set(key, value),
      delete: (key: string) => void stored.delete(key),
      entries: () => [...stored],
    });
    const world = await World.online(100, [conversation(0)], { fetch: routes.fetch, storage });
    await world.socket.end();
    world.client.sendText(CHAT, "hello").sent.catch(() => undefined);
    await settle();
    expect(routes.count("/msg/send")).toBe(1);
    world.client.close();
    answer.resolve({ data: {} });
    await settle();
    expect([...stored.values()].map((text) => JSON.parse(text))).toMatchObject([{ status: "pending" }]);
  });

  test("nothing happens either after a listener closed the client in the middle of a change", async () => {
    for (const status of ["connecting", "catching_up", "online", "offline"]) {
      const routes = new FakeRoutes();
      const world = new World({ fetch: routes.fetch });
      const look = () => {
        if (world.status === status) world.client.close();
      };
      world.client.connection.subscribe(look);
      look();
      await settle();
      for (const socket of world.sockets) {
        await socket.open();
        if (!socket.isClosed) await socket.catchUp(100, [conversation(1)]);
        await socket.end();
      }
      expect([status, world.status]).toEqual([status, "closed"]);
      expect(await outlast(world, routes)).toEqual(nothing);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});
