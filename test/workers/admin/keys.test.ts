import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ADMIN_ROUTES, SCOPES } from "../../../src/protocol/admin-routes.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { d1Faults } from "../../helpers/workers/faults.ts";
import { makeKey, revokeKey } from "../../helpers/workers/keys.ts";
import { people } from "../../helpers/workers/people.ts";

const d1 = d1Faults();
const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
afterEach(() => {
  d1.fails = () => false;
  vi.useRealTimers();
});

const places = Object.entries(ADMIN_ROUTES).map(([key, { scope }]) => {
  const [method = "", path = ""] = key.split(" ");
  return { method, path: path.replace(/:\w+/, "nobody"), scope };
});

interface Entry {
  id: number;
  key_id: string;
  method: string;
  path: string;
  target: string;
  code: number;
}

describe("a key", () => {
  test("[KEY-1] is stored as a hash only", async () => {
    const key = await makeKey("all");
    const { results } = await env.DB.prepare("SELECT * FROM api_keys WHERE key_id = ?").bind(key.id).all();
    expect(results).toHaveLength(1);
    expect(JSON.stringify(results)).not.toContain(key.token.slice(17));
  });

  test("[KEY-1] [KEY-2] opens only the routes of its scopes; a token of a user opens none of them", async () => {
    const [alice] = await people("alice");
    for (const held of SCOPES.filter((scope) => scope !== "all")) {
      const key = await makeKey(held);
      for (const { method, path, scope } of places.filter((place) => place.scope !== held)) {
        const refused = await call(method, path, { token: key.token, ...(method !== "GET" && { body: "not json" }) });
        expect([refused.status, refused.code, refused.msg], path).toEqual([
          403,
          1004,
          `this key lacks the scope ${scope}`,
        ]);
      }
    }
    for (const { method, path } of places) {
      const refused = await call(method, path, { token: alice.token, ...(method !== "GET" && { body: {} }) });
      expect([refused.status, refused.code], path).toEqual([401, 2001]);
    }
  });

  test("[KEY-1] is no token of a user", async () => {
    const key = await makeKey("all");
    for (const path of ["/user/info", "/conversation/list", "/ws"]) {
      expect((await call("GET", path, { token: key.token })).code, path).toBe(2001);
    }
  });

  test.each([
    ["another secret", (token: string) => `${token.slice(0, 17)}${"A".repeat(43)}`],
    ["a secret that is too long", (token: string) => `${token}A`],
    ["no secret", (token: string) => token.slice(0, 17)],
    ["another id", (token: string) => `nxk_${"a".repeat(12)}_${token.slice(17)}`],
    ["SQL for an id", (token: string) => `nxk_' OR 1=1 --_${token.slice(17)}`],
  ])("[KEY-1] with %s is refused", async (_, forge) => {
    const key = await makeKey("all");
    expect((await call("GET", "/admin/stats", { token: forge(key.token) })).code).toBe(2001);
  });

  test("[KEY-1] stops working within a minute of its end", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const key = await makeKey("audit");
    ok(await key.get("/admin/stats"));
    await revokeKey(key);
    vi.setSystemTime(Date.now() + 60_000);
    expect(await key.get("/admin/stats")).toMatchObject({ status: 401, code: 2001 });
  });

  test("[RATE-3] [MEM-1] made-up keys do not reach D1 without a limit, and neither does a valid key", async () => {
    const key = await makeKey("all");
    const limit = env.LOGIN_LIMIT;
    Object.assign(env, { LOGIN_LIMIT: { limit: async () => ({ success: false }) } });
    const { queries } = d1;
    expect(await call("GET", "/admin/stats", { token: `nxk_${"b".repeat(12)}_${"A".repeat(43)}` })).toMatchObject({
      status: 429,
      code: 1006,
    });
    expect(d1.queries).toBe(queries);
    Object.assign(env, { LOGIN_LIMIT: limit, ADMIN_LIMIT: { limit: async () => ({ success: false }) } });
    const slowed = await key.get("/admin/stats");
    expect([slowed.code, slowed.headers.get("Retry-After")]).toEqual([1006, "60"]);
    Object.assign(env, { ADMIN_LIMIT: undefined });
    ok(await key.get("/admin/stats"));
  });
});

describe("the audit", () => {
  test("[KEY-2] has every request with a valid key, with the code of its answer and no secrets", async () => {
    const [key, narrow] = [await makeKey("users,audit"), await makeKey("groups")];
    const password = "a password to hide";
    ok(await key.post("/admin/users", { user_id: "ann-audit", nickname: "Ann", password }));
    await key.post("/admin/users/nobody/ban");
    await narrow.post("/admin/users", { user_id: "ben-audit", nickname: "Ben" });
    await key.post("/admin/users", "not json");
    const entries = ok(await key.get<Entry[]>("/admin/audit"));
    expect(entries.slice(0, 4).map(({ key_id, path, target, code }) => [key_id, path, target, code])).toEqual([
      [key.id, "/admin/users", "", 1001],
      [narrow.id, "/admin/users", "", 1004],
      [key.id, "/admin/users/nobody/ban", "", 2006],
      [key.id, "/admin/users", "user_id=ann-audit", 0],
    ]);
    expect(JSON.stringify(entries)).not.toContain(password);
    const [first, second] = entries;
    const older = ok(await key.get<Entry[]>("/admin/audit", { before: first?.id }));
    // Reading the audit is recorded, too.
    expect(older[0]?.id).toBe(second?.id);
  });

  test("[KEY-2] that cannot be written is in the log, and the request is answered", async () => {
    const key = await makeKey("audit");
    ok(await key.get("/admin/stats"));
    d1.fails = (query) => query.startsWith("insert into");
    ok(await key.get("/admin/stats"));
    expect(error.mock.calls.join()).toContain("audit_failed");
  });
});

test("[KEY-2] /metrics has the counts as text, for a key only", async () => {
  const key = await makeKey("audit");
  const { users } = ok(await key.get<{ users: number }>("/admin/stats"));
  const { raw, headers } = await key.get("/metrics");
  expect(headers.get("Content-Type")).toContain("text/plain");
  expect(raw).toContain(`# TYPE nexo_users gauge\nnexo_users ${users}\n`);
  expect((await call("GET", "/metrics")).code).toBe(2003);
});
