import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Code, type FetchLike, memoryStorage } from "../../../../src/client/index.ts";
import { Request } from "../../../../src/protocol/frames.ts";
import { CHAT, conversation, settle, World } from "../fake-server.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const HOUR = 3_600_000;
const login = { user_id: "ann", password: "secret", platform_id: 5 };

/** A server that answers each call by the next of these; a number is a code. */
function scripted(...answers: unknown[]): { fetch: FetchLike; paths: string[] } {
  const paths: string[] = [];
  const fetch: FetchLike = async (url) => {
    paths.push(new URL(url).pathname);
    const answer = answers.shift();
    if (answer === undefined) throw new Error("no network");
    const code = typeof answer === "number" ? answer : 0;
    const text = JSON.stringify({ code, msg: "", data: code === 0 ? answer : null });
    return { status: code === 0 ? 200 : 400, headers: { get: () => null }, text: async () => text };
  };
  return { fetch, paths };
}

const token = (name: string, hours: number) => ({ token: name, expires_at: Date.now() + hours * HOUR });
const signedIn = (name: string, hours: number) => ({ ...token(name, hours), user_info: { user_id: "ann" } });

test("a login that does not reach the server is retried", async () => {
  const { fetch, paths } = scripted(undefined, signedIn("t1", 1));
  const world = new World({ login, token: undefined, user_id: undefined, fetch } as never);
  await settle();
  expect(world.status).toBe("offline");
  await vi.advanceTimersByTimeAsync(500);
  expect(paths).toEqual(["/auth/login", "/auth/login"]);
  expect(world.socket.protocols).toContain("nexo.token.t1");
});

test("a wrong password is final, with its code", async () => {
  const { fetch, paths } = scripted(Code.WRONG_PASSWORD);
  const world = new World({ login, token: undefined, user_id: undefined, fetch } as never);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.client.connection.getSnapshot().signed_out).toEqual({ reason: "refused", code: Code.WRONG_PASSWORD });
  expect(paths).toHaveLength(1);
});

test("the user of a token is requested if it is not given", async () => {
  const { fetch, paths } = scripted({ user_id: "ann" });
  const world = new World({ user_id: undefined, fetch });
  expect(() => world.client.chatWith("ben")).toThrow("not known yet");
  await settle();
  expect(paths).toEqual(["/user/info"]);
  expect(world.client.userId).toBe("ann");
  expect(world.client.chatWith("ben")).toBe("si_ann:ben");
});

test("a token is refreshed at half its life, again after a failure, and the new one is used from then on", async () => {
  const seen: string[] = [];
  const { fetch, paths } = scripted(undefined, token("t2", 2));
  const world = await World.online(100, [], {
    fetch,
    expires_at: Date.now() + 2 * HOUR,
    onToken: (next) => seen.push(next.token),
    heartbeat: { interval: 10 * HOUR, patience: 10 * HOUR },
  });
  await vi.advanceTimersByTimeAsync(HOUR - 1);
  expect(paths).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(paths).toEqual(["/auth/refresh", "/auth/refresh"]);
  expect([seen, world.client.token]).toEqual([["t2"], "t2"]);
  expect(world.sockets).toHaveLength(1);
  await world.socket.end();
  await vi.advanceTimersByTimeAsync(500);
  expect(world.socket.protocols).toContain("nexo.token.t2");
});

test("the refresh of a token that lasts for months waits in steps that a timer can hold", async () => {
  const { fetch, paths } = scripted();
  const world = await World.online(100, [], { fetch, expires_at: Date.now() + 24 * 100 * HOUR });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(paths).not.toContain("/auth/refresh");
  world.client.close();
});

test("a token from another tab's refresh is used without a request", async () => {
  const { fetch, paths } = scripted();
  const world = await World.online(100, [], {
    fetch,
    expires_at: Date.now() + 2 * HOUR,
    heartbeat: { interval: 10 * HOUR, patience: 10 * HOUR },
  });
  world.client.takeToken(token("t2", 20));
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect([world.client.token, world.status, paths]).toEqual(["t2", "online", []]);
  world.client.close();
});

test("signing out ends the client at once and leaves no text behind, even if the server does not answer", async () => {
  const storage = memoryStorage();
  const world = await World.online(100, [conversation(0)], { storage, fetch: () => new Promise(() => undefined) });
  world.client.sendText(CHAT, "refused");
  await settle();
  await world.socket.refuse(Request.SEND, Code.MUTED);
  world.client.sendText(CHAT, "on its way");
  await storage("http://server.test/ann").set("of another tab", "{}");
  await settle();
  void world.client.signOut();
  await settle();
  expect(world.status).toBe("closed");
  expect(await storage("http://server.test/ann").entries()).toEqual([]);
});
