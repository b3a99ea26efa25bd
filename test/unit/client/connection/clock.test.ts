import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code } from "../../../../src/client/index.ts";
import { Request } from "../../../../src/protocol/frames.ts";
import { FakeRoutes } from "../fake-routes.ts";
import { settle, World } from "../fake-server.ts";

const DAY = 86_400_000;
const login = { user_id: "ann", password: "secret", platform_id: 5 };
/** The true time. The client's clock differs by `skew`. */
let skew = 0;
const trueNow = () => Date.now() - skew;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function server() {
  const token = () => ({ token: `t${trueNow()}`, expires_at: trueNow() + 7 * DAY });
  return new FakeRoutes()
    .on("/auth/login", () => ({ data: { ...token(), user_info: { user_id: "ann" } } }))
    .on("/auth/refresh", () => ({ data: token() }));
}

/** Answers a sync with the true time. */
async function catchUp(world: World): Promise<void> {
  const answer = { conversations: [], next: "", cursor: 100, has_more: false, server_time: trueNow() };
  await world.socket.answer(Request.SYNC, answer);
}

async function signedIn(routes: FakeRoutes): Promise<World> {
  const world = new World({
    login,
    token: undefined,
    user_id: undefined,
    fetch: routes.fetch,
    // As long as a timer can hold: only the refresh is tested.
    heartbeat: { interval: 20 * DAY, patience: 20 * DAY },
  } as never);
  await settle();
  await world.socket.open();
  await world.socket.pong();
  return world;
}

describe.each([8, 0, -8])("a client whose clock is %i days ahead [LINK-3]", (days) => {
  beforeEach(() => {
    skew = days * DAY;
  });

  test("knows the server's time after an answer", async () => {
    const world = await signedIn(server());
    expect(world.client.now()).toBe(Date.now());
    await catchUp(world);
    expect(world.client.now()).toBe(trueNow());
    await vi.advanceTimersByTimeAsync(1_234);
    expect(world.client.now()).toBe(trueNow());
    world.client.close();
  });

  test("refreshes its token at half its life, each time", async () => {
    const routes = server();
    const world = await signedIn(routes);
    await catchUp(world);
    await vi.advanceTimersByTimeAsync(3.5 * DAY - 1_000);
    expect(routes.count("/auth/refresh")).toBe(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(routes.count("/auth/refresh")).toBe(1);
    await vi.advanceTimersByTimeAsync(35 * DAY);
    expect(routes.count("/auth/refresh")).toBe(11);
    world.client.close();
  });

  test("refreshes at most once a minute, even if it never got the server's time", async () => {
    const routes = server();
    const world = await signedIn(routes);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(routes.count("/auth/refresh")).toBeLessThanOrEqual(10);
    world.client.close();
  });

  test("still refreshes when it reconnects often", async () => {
    const routes = server();
    const world = await signedIn(routes);
    await catchUp(world);
    for (let hour = 0; hour < 4 * 24; hour++) {
      await vi.advanceTimersByTimeAsync(3_600_000);
      await world.socket.end();
      await vi.advanceTimersByTimeAsync(1_000);
      await world.socket.open();
      await world.socket.pong();
      await catchUp(world);
    }
    expect(routes.count("/auth/refresh")).toBe(1);
    world.client.close();
  });
});

test("a slow answer counts as made half-way", async () => {
  skew = 0;
  const world = new World();
  await settle();
  await world.socket.open();
  await world.socket.pong();
  const made = Date.now() + 2_000;
  await vi.advanceTimersByTimeAsync(4_000);
  const answer = { conversations: [], next: "", cursor: 100, has_more: false, server_time: made };
  await world.socket.answer(Request.SYNC, answer);
  expect(world.client.now()).toBe(Date.now());
});

describe("a login with Retry-After [LINK-4]", () => {
  test("is not retried before that, whatever wakes or focuses the client", async () => {
    let isBusy = true;
    const data = { token: "t1", expires_at: Date.now() + DAY, user_info: { user_id: "ann" } };
    const routes = new FakeRoutes().on("/auth/login", () =>
      isBusy ? { code: Code.TOO_MANY_REQUESTS, status: 429, headers: { "Retry-After": "60" } } : { data },
    );
    const world = new World({ login, token: undefined, user_id: undefined, fetch: routes.fetch } as never);
    await settle();
    for (let n = 0; n < 40; n++) {
      world.wake();
      world.client.focus(`sg_${n}`);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(routes.count("/auth/login")).toBe(1);
    expect(world.client.connection.getSnapshot()).toMatchObject({ status: "offline", error: { retryAfter: 60 } });
    isBusy = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(routes.count("/auth/login")).toBe(2);
    expect(world.sockets.length).toBeGreaterThan(0);
  });

  test("with Retry-After 0 is retried after growing pauses", async () => {
    const refusal = { code: Code.TOO_MANY_REQUESTS, status: 429, headers: { "Retry-After": "0" } };
    const routes = new FakeRoutes().on("/auth/login", () => refusal);
    new World({ login, token: undefined, user_id: undefined, fetch: routes.fetch } as never);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(routes.count("/auth/login")).toBeLessThan(8);
  });

  test("for longer than a timer can hold is not retried at once", async () => {
    const refusal = { code: Code.TOO_MANY_REQUESTS, status: 429, headers: { "Retry-After": "9999999" } };
    const routes = new FakeRoutes().on("/auth/login", () => refusal);
    new World({ login, token: undefined, user_id: undefined, fetch: routes.fetch } as never);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(routes.count("/auth/login")).toBe(1);
  });
});
