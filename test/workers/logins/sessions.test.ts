import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Session } from "../../../src/protocol/account-model.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { loginBy, PASSWORD, pair, people } from "../../helpers/workers/people.ts";

test("[LOGIN-9] a user sees their logins, and ends one with all its sockets and nothing else", async () => {
  const [alice, , chat] = await pair();
  const phone = await alice.on(1);
  const [user, room, other] = [await phone.socket(), await phone.roomSocket(chat), await alice.socket()];
  const sessions = ok(await alice.get<Session[]>("/auth/sessions"));
  expect(
    sessions.map(({ platform_id, platform_name, is_current }) => [platform_id, platform_name, is_current]).sort(),
  ).toEqual([
    [1, "iOS", false],
    [5, "Web", true],
  ]);
  for (const { made_at, seen_at } of sessions) expect(Math.abs(seen_at - made_at)).toBeLessThan(60_000);
  ok(await alice.post("/auth/sessions/end", { platform_id: 1 }));
  for (const socket of [user, room]) expect((await socket.closed).code).toBe(4001);
  expect((await phone.get("/user/info")).code).toBe(2001);
  await other.ping();
  await evictAllDurableObjects();
  expect(ok(await alice.get<Session[]>("/auth/sessions")).map(({ platform_id }) => platform_id)).toEqual([5]);
  expect((await alice.post("/auth/sessions/end", { platform_id: 1 })).code).toBe(1005);
  expect((await alice.post("/auth/sessions/end", { platform_id: 0 })).code).toBe(1001);
  expect((await alice.post("/auth/sessions/end", {})).code).toBe(1001);
  expect((await call("GET", "/auth/sessions")).code).toBe(2003);
});

test("[LOGIN-9] a login by the route is listed, and a user may end the one that asks", async () => {
  const [alice] = await people("alice");
  const { token } = ok(await loginBy(alice.id, PASSWORD, 3));
  const listed = ok(await call<Session[]>("GET", "/auth/sessions", { token }));
  expect(listed.find(({ is_current }) => is_current)).toMatchObject({ platform_id: 3, country: "" });
  ok(await call("POST", "/auth/sessions/end", { token, body: { platform_id: 3 } }));
  expect((await call("GET", "/auth/sessions", { token })).code).toBe(2001);
});
