import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, NexoClientError, type SignedOut } from "../../../../src/client/index.ts";
import { Push, type SignedOutReason } from "../../../../src/protocol/frames.ts";
import { FakeRoutes } from "../fake-routes.ts";
import { settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const HOUR = 3_600_000;

/** A token that says when it ends. */
const ending = (name: string, hours: number) => {
  const claims = btoa(JSON.stringify({ exp: (Date.now() + hours * HOUR) / 1_000 }));
  return `${name}.${claims}.signature`;
};

/** An app that gives these tokens, one after the other; the last again and again. */
function giving(...tokens: (string | Error)[]) {
  return vi.fn(async () => {
    const next = tokens.length > 1 ? tokens.shift() : tokens[0];
    if (next === undefined || next instanceof Error) throw next;
    return next;
  });
}

/** The tokens that sockets were opened with. */
const opened = (world: World) => world.sockets.map(({ protocols }) => protocols[1]?.replace("nexo.token.", ""));

async function online(world: World): Promise<World> {
  await settle();
  await world.socket.open();
  await world.socket.catchUp(100);
  return world;
}

async function endedBy(world: World, reason: SignedOutReason, code: number): Promise<void> {
  await world.socket.push(Push.SIGNED_OUT, { reason, code });
  await world.socket.end(4001);
  await vi.advanceTimersByTimeAsync(1_000);
}

describe("an app that gives tokens is asked for one [LINK-7]", () => {
  test("at the start, and whose it is is asked of the server", async () => {
    const routes = new FakeRoutes().on("/user/info", () => ({ data: { user_id: "ann" } }));
    const token = giving("first");
    const world = await online(new World({ token, user_id: undefined, fetch: routes.fetch }));
    expect([world.status, world.client.userId, world.client.token]).toEqual(["online", "ann", "first"]);
    expect(token).toHaveBeenCalledTimes(1);
  });

  test("at half its time, as the token says itself; sockets stay", async () => {
    const token = giving(ending("first", 4), ending("second", 8));
    const world = await online(new World({ token }));
    await vi.advanceTimersByTimeAsync(2 * HOUR - 1_000);
    expect(token).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(token).toHaveBeenCalledTimes(2);
    expect(world.client.token).toMatch("second");
  });

  test.each([
    ["expired", Code.TOKEN_EXPIRED],
    ["refused", Code.TOKEN_INVALID],
  ] as const)("when a socket is told that it is %s", async (reason, code) => {
    const signedOut = vi.fn();
    const world = await online(new World({ token: giving("first", "second"), onSignedOut: signedOut }));
    await endedBy(world, reason, code);
    expect(opened(world)).toEqual(["first", "second"]);
    expect(signedOut).not.toHaveBeenCalled();
  });

  test("when a route refuses it: the call is repeated, and its caller does not notice", async () => {
    const routes = new FakeRoutes().on("/group/info", ({ token }) =>
      token === "second" ? { data: { id: "g" } } : { code: Code.TOKEN_EXPIRED, status: 401 },
    );
    const world = await online(new World({ token: giving("first", "second"), fetch: routes.fetch }));
    await expect(world.client.api.group.info("g")).resolves.toEqual({ id: "g" });
    expect(routes.asked.map(({ token }) => token)).toEqual(["first", "second"]);
  });

  test("before a call that comes before the first token", async () => {
    const routes = new FakeRoutes().on("/group/info", () => ({ data: { id: "g" } }));
    const world = new World({ token: giving("first"), fetch: routes.fetch });
    await world.client.api.group.info("g");
    expect(routes.asked[0]?.token).toBe("first");
  });

  test("again after growing pauses, while it fails or says nothing", async () => {
    const token = giving(new Error("offline"), new Error("offline"), "third");
    const world = new World({ token });
    await settle();
    expect(world.status).toBe("offline");
    await vi.advanceTimersByTimeAsync(500);
    expect(token).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(500);
    expect(token).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(500);
    expect(opened(world)).toEqual(["third"]);

    const silent = vi.fn(() => new Promise<string>(() => undefined));
    const stuck = new World({ token: silent });
    await vi.advanceTimersByTimeAsync(62_000);
    expect(silent).toHaveBeenCalledTimes(2);
    expect(stuck.status).toBe("connecting");
  });
});

describe("the client ends all the same [LINK-7]", () => {
  test.each(["new_login", "logout", "password"] as const)(
    "by %s: another token would end another login",
    async (why) => {
      const told: SignedOut[] = [];
      const token = giving("first", "second");
      const world = await online(new World({ token, onSignedOut: (reason) => told.push(reason) }));
      await endedBy(world, why, Code.TOKEN_INVALID);
      expect(told).toEqual([{ reason: why, code: Code.TOKEN_INVALID }]);
      expect(token).toHaveBeenCalledTimes(1);
    },
  );

  test("when the app gives a token again that was refused", async () => {
    const world = await online(new World({ token: giving("first") }));
    await endedBy(world, "expired", Code.TOKEN_EXPIRED);
    expect(world.client.connection.getSnapshot().signed_out).toEqual({ reason: "refused", code: Code.TOKEN_INVALID });
    expect(world.sockets).toHaveLength(1);
  });

  test("when the app says that there is no token any more", async () => {
    const world = new World({ token: giving(new NexoClientError(Code.WRONG_PASSWORD, "")) });
    await settle();
    expect(world.client.connection.getSnapshot().signed_out).toEqual({ reason: "refused", code: Code.WRONG_PASSWORD });
  });

  test("but not by a refusal of the token before it, which the app's new login has ended", async () => {
    const next = Promise.withResolvers<string>();
    const token = vi.fn<() => Promise<string>>().mockResolvedValueOnce("first").mockReturnValueOnce(next.promise);
    const world = await online(new World({ token }));
    const refreshed = world.client.refresh();
    await endedBy(world, "new_login", Code.TOKEN_INVALID);
    next.resolve("second");
    await refreshed;
    await settle();
    expect(opened(world)).toEqual(["first", "second"]);
  });

  test("and makes no call whose token comes after it is closed, or after the call is given up [LINK-2]", async () => {
    const next = Promise.withResolvers<string>();
    const routes = new FakeRoutes();
    const token = vi.fn().mockReturnValueOnce(next.promise);
    const world = new World({ token, user_id: undefined, fetch: routes.fetch });
    const giveUp = new AbortController();
    const call = world.client.api.with({ signal: giveUp.signal }).group.info("g");
    const refused = expect(call).rejects.toMatchObject({ retryable: false });
    giveUp.abort();
    next.resolve("first");
    await refused;
    expect(routes.count("/group/info")).toBe(0);
  });

  test("and takes no token after it is closed [LINK-2]", async () => {
    const next = Promise.withResolvers<string>();
    const world = new World({ token: () => next.promise });
    world.client.close();
    next.resolve("late");
    await vi.advanceTimersByTimeAsync(HOUR);
    expect([world.client.token, world.sockets.length]).toEqual(["", 0]);
  });
});
