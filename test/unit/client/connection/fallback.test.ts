import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, type MessageItem } from "../../../../src/client/index.ts";
import type { Conversation } from "../../../../src/protocol/model.ts";
import { FakeRoutes } from "../fake-routes.ts";
import { CHAT, conversation, message, settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const PERIOD = 4_000;

/** A server whose routes are reachable and whose sockets are not. */
function walled(listed: Conversation[] = [conversation(0)]) {
  const state = { cursor: 100, listed };
  const routes = new FakeRoutes()
    .on("/sync", () => {
      const { cursor, listed } = state;
      state.listed = [];
      return { data: { conversations: listed, next: "", cursor, has_more: false, server_time: Date.now() } };
    })
    .on("/msg/send", ({ body }) => ({ data: { ...message(1), ...body, sender_id: "ann" } }))
    .on("/msg/pull", () => ({ data: { messages: [message(2)], max_seq: 2 } }));
  return { routes, state };
}

/** Every attempt to open a socket fails. */
async function fails(world: World): Promise<void> {
  await settle();
  await world.socket.end();
  await settle();
}

const brief = ({ content, status, seq }: MessageItem) => `${content.text} ${status} ${seq}`;
const shown = (world: World) => world.client.messages(CHAT).getSnapshot().messages.map(brief);

describe("when no socket can be opened [LINK-6]", () => {
  test("a message is sent by its route and stays on the screen, and changes are polled", async () => {
    const { routes, state } = walled();
    const world = new World({ fetch: routes.fetch });
    world.client.messages(CHAT).subscribe(() => undefined);
    const { sent } = world.client.sendText(CHAT, "hello");
    await settle();
    expect(routes.asked).toEqual([]);
    await fails(world);
    expect(world.status).toBe("degraded");
    await expect(world.client.ready()).resolves.toBeUndefined();
    expect(await sent).toMatchObject({ seq: 1 });
    expect(shown(world)).toEqual(["hello sent 1"]);

    Object.assign(state, { cursor: 101, listed: [conversation(2, { read_seq: 1, unread_count: 1 })] });
    await vi.advanceTimersByTimeAsync(PERIOD);
    expect(routes.asked.findLast(({ path }) => path === "/sync")?.query.get("since")).toBe("100");
    expect(shown(world)).toEqual(["hello sent 1", "2 sent 2"]);
  });

  test("a message is not sent before there is a list to show it in", async () => {
    const { routes } = walled();
    routes.on("/sync", () => new Error("not yet"));
    const world = new World({ fetch: routes.fetch });
    world.client.messages(CHAT).subscribe(() => undefined);
    world.client.sendText(CHAT, "hello");
    await fails(world);
    expect([world.status, shown(world)]).toEqual(["offline", ["hello pending 0"]]);
    expect(routes.count("/msg/send")).toBe(0);
  });

  test("the client does not wait for an upgrade that hangs", async () => {
    const { routes } = walled();
    const world = new World({ fetch: routes.fetch });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.status).toBe("degraded");
  });

  test("a reconnect that takes less than five seconds calls no route", async () => {
    const { routes } = walled();
    const world = await World.online(100, [conversation(0)], { fetch: routes.fetch });
    await world.socket.end();
    await vi.advanceTimersByTimeAsync(4_900);
    expect(routes.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(world.status).toBe("degraded");
  });

  test("the client polls at a steady pace, keeps trying sockets, and stays degraded meanwhile", async () => {
    const { routes } = walled();
    const world = new World({ fetch: routes.fetch });
    await fails(world);
    const seen = new Set<string>();
    world.client.connection.subscribe(() => seen.add(world.status));
    let failed = world.sockets.length;
    for (let second = 0; second < 120; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      if (world.sockets.length > failed) await fails(world);
      failed = world.sockets.length;
    }
    expect([...seen]).toEqual([]);
    expect(routes.count("/sync")).toBe(1 + 120_000 / PERIOD);
    expect(world.sockets.length).toBeGreaterThan(5);
    expect(world.sockets.length).toBeLessThan(12);
  });

  test("the fallback ends once a socket works: no more routes are called", async () => {
    const { routes } = walled();
    const world = new World({ fetch: routes.fetch });
    await fails(world);
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    expect(world.status).toBe("degraded");
    await world.socket.catchUp(100);
    expect(world.status).toBe("online");
    const before = routes.asked.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(routes.asked).toHaveLength(before);
  });

  test("a socket that opens and closes at once delays nothing", async () => {
    const { routes } = walled();
    const world = new World({ fetch: routes.fetch });
    await fails(world);
    await vi.advanceTimersByTimeAsync(1_000);
    await world.socket.open();
    await world.socket.catchUp(100);
    const before = routes.count("/sync");
    await world.socket.end();
    await settle();
    expect([world.status, routes.count("/sync")]).toEqual(["degraded", before + 1]);
  });

  test("when routes fail, too, the client is offline, and it reconnects by routes", async () => {
    const { routes, state } = walled();
    const world = new World({ fetch: routes.fetch });
    await fails(world);
    const answer = routes.answers.get("/sync");
    routes.on("/sync", () => ({ text: "<html>", status: 200 }));
    await vi.advanceTimersByTimeAsync(PERIOD);
    expect(world.client.connection.getSnapshot()).toMatchObject({ status: "offline", error: { code: -1 } });
    if (answer) routes.on("/sync", answer);
    Object.assign(state, { listed: [] });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.status).toBe("degraded");
  });

  test("marks are sent by their route, even after a proxy answered for the server [LINK-5]", async () => {
    const { routes } = walled([conversation(5)]);
    let isOurs = false;
    routes.on("/conversation/mark_read", () => (isOurs ? { data: null } : { text: "<html>", status: 407 }));
    const world = new World({ fetch: routes.fetch });
    await fails(world);
    world.client.markRead(CHAT);
    await settle();
    expect(routes.count("/conversation/mark_read")).toBe(1);
    isOurs = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(routes.count("/conversation/mark_read")).toBe(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(routes.count("/conversation/mark_read")).toBe(2);
  });
});

describe("an ended login signs the client out, whichever path reports it [LINK-6 LOGIN-2]", () => {
  test.each([
    [Code.TOKEN_INVALID, "refused"],
    [Code.TOKEN_EXPIRED, "expired"],
  ])("code %i by a poll", async (code, reason) => {
    const { routes } = walled();
    const world = new World({ fetch: routes.fetch });
    await fails(world);
    routes.on("/sync", () => ({ code, status: 401 }));
    await vi.advanceTimersByTimeAsync(PERIOD);
    expect(world.client.connection.getSnapshot()).toMatchObject({
      status: "signed_out",
      signed_out: { reason, code },
    });
    const before = routes.asked.length;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(routes.asked).toHaveLength(before);
  });

  test("by a call of the app", async () => {
    const { routes } = walled();
    routes.on("/user/info", () => ({ code: Code.TOKEN_INVALID, status: 401 }));
    const world = await World.online(100, [], { fetch: routes.fetch });
    await expect(world.client.api.user.me()).rejects.toMatchObject({ code: Code.TOKEN_INVALID });
    expect(world.status).toBe("signed_out");
  });

  test("but not for a proxy's 401, nor for a wrong cursor", async () => {
    const { routes } = walled();
    const world = await World.online(100, [], { fetch: routes.fetch });
    routes.on("/user/info", () => ({ text: "<html>who are you?</html>", status: 401 }));
    await expect(world.client.api.user.me()).rejects.toMatchObject({ retryable: true });
    routes.on("/user/info", () => ({ code: Code.TOKEN_MISMATCH, status: 401 }));
    await expect(world.client.api.user.me()).rejects.toMatchObject({ code: Code.TOKEN_MISMATCH });
    expect(world.status).toBe("online");
  });

  test("nor for the old token while its refresh is not answered: that answer decides", async () => {
    const { routes } = walled();
    const refreshed = Promise.withResolvers<{ data: unknown }>();
    routes.on("/auth/refresh", () => refreshed.promise);
    routes.on("/user/info", ({ token }) =>
      token === "t2" ? { data: { user_id: "ann" } } : { code: Code.TOKEN_INVALID, status: 401 },
    );
    const world = await World.online(100, [], { fetch: routes.fetch });
    const refresh = world.client.refresh();
    await expect(world.client.api.user.me()).rejects.toMatchObject({ code: Code.TOKEN_INVALID });
    expect(world.status).toBe("online");
    refreshed.resolve({ data: { token: "t2", expires_at: Date.now() + 86_400_000 } });
    await refresh;
    await expect(world.client.api.user.me()).resolves.toEqual({ user_id: "ann" });
    expect(world.status).toBe("online");

    routes.on("/auth/refresh", () => ({ code: Code.TOKEN_INVALID, status: 401 }));
    await expect(world.client.refresh()).rejects.toMatchObject({ code: Code.TOKEN_INVALID });
    expect(world.status).toBe("signed_out");
  });
});
