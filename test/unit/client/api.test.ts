import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Code, createApi, type FetchLike, NexoClientError, NO_ANSWER } from "../../../src/client/index.ts";

afterEach(() => {
  vi.useRealTimers();
});

type Answer = { status?: number; body: unknown; headers?: Record<string, string> };

/** The routes of a server that always gives the same answer, and its requests. */
function apiOf({ status = 200, body, headers = {} }: Answer) {
  const asked: { url: string; method: string; headers: Record<string, string>; body: unknown }[] = [];
  const fetch: FetchLike = async (url, init) => {
    asked.push({ url, method: init.method, headers: init.headers, body: init.body && JSON.parse(String(init.body)) });
    return {
      status,
      headers: { get: (name) => headers[name] ?? null },
      text: async () => (typeof body === "string" ? body : JSON.stringify(body)),
    };
  };
  return { api: createApi({ url: "http://server.test/", fetch, token: "a-token" }), asked };
}

const success = { body: { code: 0, msg: "success", data: [], meta: { next_cursor: "n", has_more: true } } };

test("every documented route has a method", async () => {
  const { api, asked } = apiOf(success);
  const groups: Record<string, unknown>[] = [
    api.auth,
    api.user,
    api.group,
    api.msg,
    api.conversation,
    api.media,
    api.data,
    api.push,
    { sync: api.sync },
  ];
  for (const group of groups) {
    for (const call of Object.values(group)) await (call as (argument: unknown) => Promise<unknown>)("x");
  }
  const called = new Set(
    asked.map(({ method, url }) => `${method} ${new URL(url).pathname.replace("/x", "/:user_id")}`),
  );
  const text = readFileSync("docs/PROTOCOL.md", "utf8");
  const documented = [...text.matchAll(/(?:\*\*|\| )((?:GET|POST|PUT) \/[a-z_/:]+)/g)].map(([, route]) => route ?? "");
  expect(documented.length).toBeGreaterThan(30);
  // Downloads are addresses, which need no method.
  const others = /\/(health|ready|ws)$|^GET \/(media|export)\//;
  const missing = documented.filter((route) => !called.has(route) && !others.test(route));
  expect(missing).toEqual([]);
});

describe("requests", () => {
  test("are sent with the token, an encoded query, and the body as JSON", async () => {
    const { api, asked } = apiOf(success);
    await api.conversation.update("si_a:b", { is_pinned: true });
    expect(asked).toEqual([
      {
        method: "PUT",
        url: "http://server.test/conversation/update?conversation_id=si_a%3Ab",
        headers: { Authorization: "Bearer a-token", "Content-Type": "application/json" },
        body: { is_pinned: true },
      },
    ]);
  });

  test("omit absent fields", async () => {
    const { api, asked } = apiOf(success);
    await api.conversation.unreadCount("sg_x");
    expect(asked[0]?.url).toBe("http://server.test/conversation/unread_count?conversation_id=sg_x");
  });

  test("a list has the position of its next page", async () => {
    const { api } = apiOf(success);
    expect(await api.group.members({ group_id: "g" })).toEqual({ items: [], next: "n" });
  });
});

describe("errors", () => {
  const failure = async (answer: Answer): Promise<NexoClientError> => {
    const error = await apiOf(answer)
      .api.user.me()
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof NexoClientError)) throw error;
    return error;
  };
  const envelope = (code: number) => ({ code, msg: "what is wrong", data: null });

  test("have the code, the request's id and how long to wait", async () => {
    const headers = { "X-Request-Id": "req-1", "Retry-After": "60" };
    const error = await failure({ status: 429, headers, body: envelope(Code.TOO_MANY_REQUESTS) });
    expect(error).toMatchObject({
      code: Code.TOO_MANY_REQUESTS,
      requestId: "req-1",
      retryAfter: 60,
      retryable: true,
      message: "what is wrong",
    });
  });

  test.each([
    [Code.INTERNAL, true],
    [Code.SHUTTING_DOWN, true],
    [Code.TOO_MANY_CONNECTIONS, true],
    [Code.INVALID_PARAMETER, false],
    [Code.TOKEN_INVALID, false],
    [Code.MUTED, false],
    [Code.TOO_LARGE, false],
  ])("%i may be tried again: %s", async (code, retryable) => {
    expect((await failure({ status: 400, body: envelope(code) })).retryable).toBe(retryable);
  });

  test.each([
    [502, "<html>bad gateway</html>"],
    [404, "not here"],
    [407, "<html>the proxy wants to know who you are</html>"],
    [403, '{"code":403,"message":"blocked"}'],
    [401, ""],
    [200, "<html>welcome to the hotel</html>"],
    [200, '{"code":0}'],
    [200, "null"],
  ])("HTTP %i with something other than the envelope, %s, is not an answer [LINK-5]", async (status, body) => {
    expect(await failure({ status, body })).toMatchObject({ code: NO_ANSWER, retryable: true });
  });

  test("a proxy that answers for the server may ask for a pause, too", async () => {
    const error = await failure({ status: 503, body: "busy", headers: { "Retry-After": "30" } });
    expect(error).toMatchObject({ code: NO_ANSWER, retryAfter: 30 });
  });

  test.each(["", "-1", "soon", "Fri, 27 Nov 2026 20:00:00 GMT"])("Retry-After: %j is ignored", async (header) => {
    const error = await failure({ status: 429, body: envelope(1006), headers: { "Retry-After": header } });
    expect(error.retryAfter).toBeUndefined();
  });

  test("a network that fails, or takes too long, is not an answer, either", async () => {
    vi.useFakeTimers();
    const hangs: FetchLike = (_url, { signal }) =>
      new Promise((_, reject) => (signal as AbortSignal).addEventListener("abort", () => reject(new Error("aborted"))));
    const fails: FetchLike = () => Promise.reject(new TypeError("fetch failed"));
    for (const fetch of [hangs, fails]) {
      const api = createApi({ url: "http://server.test", fetch });
      const refused = expect(api.user.me()).rejects.toMatchObject({ code: NO_ANSWER, retryable: true });
      await vi.advanceTimersByTimeAsync(20_000);
      await refused;
    }
  });
});
