import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Code, NexoClientError } from "../../../../src/client/index.ts";
import { Push, Request } from "../../../../src/protocol/frames.ts";
import { settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("opening", () => {
  test("the token is sent as a subprotocol, so that no URL contains it", async () => {
    const world = new World();
    await settle();
    expect(world.socket.url).toBe("ws://server.test/ws");
    expect(world.socket.protocols).toEqual(["nexo", "nexo.token.a-token"]);
  });

  test("connecting, catching up, online", async () => {
    const world = new World();
    const seen: string[] = [world.status];
    world.client.connection.subscribe(() => seen.push(world.status));
    await settle();
    await world.socket.open();
    await world.socket.catchUp(100);
    expect(seen).toEqual(["connecting", "catching_up", "online"]);
    await expect(world.client.ready()).resolves.toBeUndefined();
  });

  test("a socket that does not open is abandoned", async () => {
    const world = new World();
    await settle();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(world.status).toBe("offline");
    expect(world.socket.isClosed).toBe(true);
  });
});

describe("heartbeat", () => {
  test("a ping goes at once, and then every interval", async () => {
    const world = await World.online();
    expect(world.socket.pings).toBe(1);
    for (const pings of [2, 3, 4]) {
      await vi.advanceTimersByTimeAsync(25_000);
      expect(world.socket.pings).toBe(pings);
      await world.socket.pong(100);
    }
    expect(world.status).toBe("online");
  });

  test("a socket that does not answer is dead within an interval, and another is opened", async () => {
    const world = await World.online();
    await vi.advanceTimersByTimeAsync(25_000);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(world.status).toBe("online");
    await vi.advanceTimersByTimeAsync(1);
    expect(world.status).toBe("offline");
    expect(world.socket.isClosed).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.sockets).toHaveLength(2);
  });

  test("any frame is a sign of life", async () => {
    const world = await World.online();
    await vi.advanceTimersByTimeAsync(25_000);
    await world.socket.push(Push.TYPING, {});
    await vi.advanceTimersByTimeAsync(20_000);
    expect(world.status).toBe("online");
  });

  test("frames of a dead socket are ignored", async () => {
    const world = await World.online();
    await vi.advanceTimersByTimeAsync(35_000);
    const [dead] = world.sockets;
    await dead?.pong(100);
    await dead?.push(Push.SIGNED_OUT, { reason: "logout", code: Code.TOKEN_INVALID });
    await dead?.end(4001);
    expect(world.status).toBe("offline");
  });
});

describe("reconnecting", () => {
  test("pauses double from 1 s to 60 s with jitter, and are short again after a success", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const world = await World.online();
    const pauses: number[] = [];
    const lose = async () => {
      await world.socket.end();
      const pause = world.client.connection.getSnapshot().retry_at - Date.now();
      pauses.push(pause);
      await vi.advanceTimersByTimeAsync(pause);
    };
    for (let loss = 0; loss < 9; loss++) await lose();
    expect(pauses).toEqual([0.75, 1.5, 3, 6, 12, 24, 45, 45, 45].map((seconds) => seconds * 1_000));
    await world.socket.open();
    await world.socket.catchUp(100);
    await vi.advanceTimersByTimeAsync(5_000);
    pauses.length = 0;
    await lose();
    expect(pauses).toEqual([750]);
  });

  test("a socket that is closed as soon as it has caught up does not count as a success [LINK-4]", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const world = await World.online();
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
      await world.socket.end();
      await vi.advanceTimersByTimeAsync(world.client.connection.getSnapshot().retry_at - Date.now());
      await world.socket.open();
      await world.socket.catchUp(100);
    }
    expect(world.sockets).toHaveLength(6);
  });

  test("however often it is woken, attempts are a second apart, and none is lost [LINK-4]", async () => {
    const world = await World.online();
    for (let n = 0; n < 40; n++) {
      await world.socket.end();
      world.wake();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(world.sockets.length).toBeLessThanOrEqual(1 + 5);
    const before = world.sockets.length;
    await world.socket.end();
    world.wake();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.sockets.length).toBeGreaterThan(before);
  });

  test("a socket that opens but never catches up does not make the pauses short", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const world = await World.online();
    const pauses: number[] = [];
    for (let loss = 0; loss < 3; loss++) {
      await world.socket.end();
      const pause = world.client.connection.getSnapshot().retry_at - Date.now();
      pauses.push(pause);
      await vi.advanceTimersByTimeAsync(pause);
      await world.socket.open();
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
  });

  test("at once when the network or the app is back", async () => {
    const world = await World.online();
    for (let loss = 0; loss < 5; loss++) {
      await world.socket.end();
      await vi.advanceTimersByTimeAsync(60_000);
    }
    await world.socket.end();
    const before = world.sockets.length;
    world.wake();
    await settle();
    expect(world.sockets).toHaveLength(before + 1);
    expect(world.status).toBe("connecting");
  });

  test("a wake pings a socket that looks open", async () => {
    const world = await World.online();
    world.wake();
    expect(world.socket.pings).toBe(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.status).toBe("offline");
  });

  test("a wake restarts an attempt that may hang on a lost network, but not a recent one", async () => {
    const world = new World();
    await settle();
    world.wake();
    await settle();
    expect(world.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    world.wake();
    await settle();
    expect(world.sockets).toHaveLength(2);
  });

  test("the default hook listens to the window if there is one", async () => {
    const listeners = new Map<string, () => void>();
    vi.stubGlobal("addEventListener", (type: string, listener: () => void) => listeners.set(type, listener));
    const { wakeByEvents } = await import("../../../../src/client/connection/environment.ts");
    const woken = vi.fn();
    wakeByEvents(woken);
    vi.stubGlobal("document", { visibilityState: "hidden" });
    listeners.get("visibilitychange")?.();
    expect(woken).not.toHaveBeenCalled();
    vi.stubGlobal("document", { visibilityState: "visible" });
    listeners.get("online")?.();
    expect(woken).toHaveBeenCalledOnce();
    vi.unstubAllGlobals();
  });
});

describe("the end", () => {
  test("4001 is final, and has the reason [LOGIN-3]", async () => {
    const world = await World.online();
    await world.socket.push(Push.SIGNED_OUT, { reason: "new_login", code: Code.TOKEN_INVALID });
    await world.socket.end(4001);
    const { status, signed_out } = world.client.connection.getSnapshot();
    expect([status, signed_out]).toEqual(["signed_out", { reason: "new_login", code: Code.TOKEN_INVALID }]);
    world.wake();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(world.sockets).toHaveLength(1);
    expect(() => world.client.sendText("si_ann:ben", "too late")).toThrow(NexoClientError);
    await expect(world.client.ready()).rejects.toMatchObject({ code: Code.TOKEN_INVALID });
  });

  test("so is a connection that breaks right after the reason", async () => {
    const world = await World.online();
    await world.socket.push(Push.SIGNED_OUT, { reason: "password", code: Code.TOKEN_INVALID });
    await world.socket.end(1006);
    expect(world.status).toBe("signed_out");
  });

  test("4003 is retried later, and has the reason", async () => {
    const world = new World();
    await settle();
    await world.socket.open();
    await world.socket.push(Push.SIGNED_OUT, { reason: "refused", code: Code.TOO_MANY_CONNECTIONS });
    await world.socket.end(4003);
    expect(world.client.connection.getSnapshot()).toMatchObject({
      status: "offline",
      error: { code: Code.TOO_MANY_CONNECTIONS, retryable: true },
    });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(world.sockets).toHaveLength(2);
  });

  test("close leaves nothing behind", async () => {
    const world = await World.online();
    world.client.focus("si_ann:ben");
    await settle();
    world.client.sendText("si_ann:ben", "on its way");
    await settle();
    world.client.close();
    expect(world.sockets.every(({ isClosed }) => isClosed)).toBe(true);
    expect(world.status).toBe("closed");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(world.sockets).toHaveLength(2);
  });
});

describe("requests", () => {
  test("one that is not answered in time has no answer, and may be retried", async () => {
    const world = await World.online();
    const { sent } = world.client.sendText("si_ann:ben", "hello");
    await settle();
    const [first] = world.socket.asked(Request.SEND);
    await vi.advanceTimersByTimeAsync(15_000);
    await world.socket.pong(100);
    await vi.advanceTimersByTimeAsync(2_000);
    const again = world.socket.asked(Request.SEND).at(-1);
    expect(again?.msg_incr).not.toBe(first?.msg_incr);
    expect(again?.data).toEqual(first?.data);
    sent.catch(() => undefined);
  });
});
