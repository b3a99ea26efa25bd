import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { beforeEach, expect, test } from "vitest";
import { call, ok } from "../../helpers/workers/api.ts";
import { upload } from "../../helpers/workers/files.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { changePassword, loginBy, PASSWORD, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

const SHOP = "the secret of the shop, at least 32 bytes";
settings({
  FLOOD_LIMITS: "off",
  WEBHOOKS: "on",
  LOGIN_ISSUERS: JSON.stringify([{ issuer: "shop", audience: "chat", prefix: "s-", secrets: [SHOP] }]),
});
const queued: string[] = [];
Object.assign(env, {
  HOOKS: { sendBatch: async (messages: { body: string }[]) => void queued.push(...messages.map(({ body }) => body)) },
});
beforeEach(() => {
  queued.length = 0;
});

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}
const of = (type: string) => queued.map((body) => JSON.parse(body) as Event).filter((event) => event.type === type);

/** Waits until a number of events of a type were queued. @returns their data */
const told = (type: string, count = 1) =>
  eventually(() => {
    expect(of(type), type).toHaveLength(count);
    return of(type).map(({ data }) => data);
  });

test("[HOOK-1] user.registered and login.made tell of a registration, and of a stranger's first exchange", async () => {
  const body = { user_id: "ann-told", nickname: "Ann", password: PASSWORD, avatar: "a.png" };
  ok(await call("POST", "/auth/register", { body }));
  expect(await told("user.registered")).toEqual([{ user_id: "ann-told", nickname: "Ann", avatar: "a.png" }]);
  expect((await call("POST", "/auth/register", { body })).code).toBe(2007);
  ok(await loginBy("ann-told", PASSWORD, 3));
  expect(await told("login.made")).toEqual([
    { user_id: "ann-told", platform_id: 3, login_id: expect.stringMatching(/^[\w-]+$/) },
  ]);
  expect((await loginBy("ann-told", "wrong password")).code).toBe(2008);
  const token = await new SignJWT({ name: "Ben" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("shop")
    .setAudience("chat")
    .setSubject("ben")
    .setExpirationTime("5m")
    .sign(new TextEncoder().encode(SHOP));
  for (const _ of ["first", "again"]) ok(await call("POST", "/auth/exchange", { body: { token, platform_id: 5 } }));
  expect((await told("user.registered", 2))[1]).toMatchObject({ user_id: "s-ben" });
  expect((await told("login.made", 3)).map(({ user_id }) => user_id)).toEqual(["ann-told", "s-ben", "s-ben"]);
  expect(queued.join()).not.toContain(PASSWORD);
});

test("[HOOK-1] login.ended says why: another login, a logout, a new password", async () => {
  const [alice] = await people("alice");
  const [web, phone] = [await alice.on(5), await alice.on(1)];
  expect(await told("login.ended")).toEqual([
    { user_id: alice.id, login_id: alice.login.login_id, reason: "new_login" },
  ]);
  ok(await phone.post("/auth/logout"));
  expect((await told("login.ended", 2))[1]).toMatchObject({ login_id: phone.login.login_id, reason: "logout" });
  const tablet = await alice.on(9);
  ok(await changePassword(web));
  expect((await told("login.ended", 3))[2]).toMatchObject({ login_id: tablet.login.login_id, reason: "password" });
});

test("[HOOK-1] user.updated has the profile as it now is", async () => {
  const [alice] = await people("alice");
  ok(await alice.put("/user/update", { nickname: "Alice B.", extra: "{}" }));
  expect(await told("user.updated")).toEqual([{ user_id: alice.id, nickname: "Alice B.", avatar: "", extra: "{}" }]);
});

test("[HOOK-1] report.made names the message and who sent it, and media.uploaded the file", async () => {
  const [alice, bob, chat] = await pair();
  const body = { conversation_id: chat, seq: 1, reason: "spam", text: "a private note" };
  const { report_id } = ok(await bob.post<{ report_id: string }>("/user/report", body));
  expect(await told("report.made")).toEqual([
    { report_id, reporter_id: bob.id, user_id: alice.id, conversation_id: chat, seq: 1, reason: "spam" },
  ]);
  const { media_id, size } = ok(await upload(alice, chat));
  const [file] = await told("media.uploaded");
  expect(file).toMatchObject({ user_id: alice.id, media_id, conversation_id: chat, size });
  // Nobody is told of a file that was refused.
  expect((await upload(bob, "si_x:y")).code).toBe(1007);
  expect(of("media.uploaded")).toHaveLength(1);
});
