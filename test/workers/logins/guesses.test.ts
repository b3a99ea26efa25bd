import { evictDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { askObject } from "../../../src/core/rpc.ts";
import { admitPassword } from "../../../src/features/logins/calls.ts";
import { type Answer, call, ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { inboxOf } from "../../helpers/workers/objects.ts";
import { PASSWORD, type Person, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ FLOOD_LIMITS: "off" });
const clock = standingClock();
afterEach(() => vi.restoreAllMocks);

/** The number of guesses that are checked: from one network, and from all unknown networks together. */
const FREE = 10;
const FREE_TOGETHER = 50;
const from = (address: string) => ({ "CF-Connecting-IP": address });

function login(who: Person, password: string, address: string, token?: string): Promise<Answer<{ token: string }>> {
  const body = { user_id: who.id, password, platform_id: 3 };
  return call("POST", "/auth/login", { body, headers: from(address), token });
}

function change(who: Person, password: string, address: string): Promise<Answer<null>> {
  const body = { old_password: password, new_password: "something else" };
  return call("POST", "/auth/password", { body, headers: from(address), token: who.token });
}

const count = (codes: readonly number[], wanted: number) => codes.filter((code) => code === wanted).length;

test.each([
  ["/auth/login", login],
  ["/auth/password", change],
])(
  "[LOGIN-8] %s: of thirty concurrent guesses ten are checked, and a restart allows no more",
  { timeout: 60_000 },
  async (_, guess) => {
    const [who] = await people("who");
    const address = "192.0.2.1";
    const at = (n: number) => guess(who, `wrong ${n}`, address).then(({ code }) => code);
    const codes = await Promise.all(Array.from({ length: 30 }, (__, n) => at(n)));
    expect([count(codes, 2008), count(codes, 1006)]).toEqual([FREE, 20]);
    await evictDurableObject(inboxOf(who));
    const refused = await guess(who, PASSWORD, address);
    expect(refused).toMatchObject({ code: 1006, status: 429 });
    expect(refused.headers.get("Retry-After")).toBe("1");
    clock.now += 1_000;
    await evictDurableObject(inboxOf(who));
    expect(await at(30)).toBe(2008);
    expect((await guess(who, PASSWORD, address)).headers.get("Retry-After")).toBe("2");
  },
);

test("[LOGIN-8] all addresses of a /64 count as one", { timeout: 60_000 }, async () => {
  const [who] = await people("who");
  const codes: number[] = [];
  for (let n = 0; n < FREE + 5; n++) codes.push((await login(who, "wrong", `2001:db8:0:7::${n.toString(16)}`)).code);
  expect([count(codes, 2008), count(codes, 1006)]).toEqual([FREE, 5]);
  expect((await login(who, "wrong", "2001:db8:0:8::1")).code).toBe(2008);
});

test("[LOGIN-8] guesses from many networks slow down together, and the owner gets in from home or with a login", {
  timeout: 120_000,
}, async () => {
  const [who] = await people("who");
  ok(await login(who, PASSWORD, "203.0.113.1"));
  for (let n = 0; n < FREE_TOGETHER; n++) {
    await askObject(inboxOf(who), admitPassword, { network: `198.51.100.${n}`, login: null });
  }
  for (let n = 0; n < 3; n++) expect((await login(who, "wrong", `198.51.101.${n}`)).code).toBe(1006);
  await evictDurableObject(inboxOf(who));
  expect((await login(who, PASSWORD, "198.51.101.9")).code).toBe(1006);
  ok(await login(who, PASSWORD, "203.0.113.1"));
  const { token } = ok(await login(who, PASSWORD, "198.51.101.9", who.token));
  const [other] = await people("other");
  expect((await login(who, PASSWORD, "198.51.101.10", other.token)).code).toBe(1006);
  expect((await login(who, PASSWORD, "198.51.101.10", "no token")).code).toBe(1006);
  ok(await call("POST", "/auth/logout", { token }));
  expect((await login(who, PASSWORD, "198.51.101.10", token)).code).toBe(1006);
  ok(await change(who, PASSWORD, "198.51.101.11"));
});

test("[LOGIN-8] a failed login is logged with account and address, and without the password", async () => {
  const [who] = await people("who");
  const log = vi.spyOn(console, "log");
  await login(who, "wrong horse", "192.0.2.77");
  const lines = log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("login_failed"));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", event: "login_failed", user: who.id, address: "192.0.2.77", code: 2008 },
  ]);
  expect(lines.join()).not.toContain("wrong horse");
});
