import { env } from "cloudflare:workers";
import bcrypt from "bcryptjs";
import { describe, expect, test } from "vitest";
import { hashPassword } from "../../../src/core/passwords.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { inboxOf, rows } from "../../helpers/workers/objects.ts";
import { PASSWORD, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ FLOOD_LIMITS: "off" });
const key = await makeKey("users");
const login = (user_id: string, password = PASSWORD) =>
  call<{ token: string }>("POST", "/auth/login", { body: { user_id, password, platform_id: 1 } });
const hashOf = async (userId: string) =>
  await env.DB.prepare("SELECT password_hash FROM users WHERE user_id = ?").bind(userId).first<string>("password_hash");

describe("accounts", () => {
  test("are made once, then changed, and can be read", async () => {
    const made = ok(await key.post("/admin/users", { user_id: "ann", nickname: "Ann", password: PASSWORD }));
    const user = { user_id: "ann", nickname: "Ann", avatar: "", extra: "", is_banned: false, has_password: true };
    expect(made).toMatchObject({ created: true, user });
    ok(await login("ann"));
    const again = ok(
      await key.post("/admin/users", { user_id: "ann", nickname: "Anna", extra: "x", password: "another one" }),
    );
    expect(again).toMatchObject({ created: false, user: { ...user, nickname: "Anna", extra: "x" } });
    ok(await login("ann"));
    expect(ok(await key.put("/admin/users/ann", { avatar: "https://a.example/1" }))).toMatchObject({
      nickname: "Anna",
      avatar: "https://a.example/1",
    });
    expect(ok(await key.get("/admin/users/ann"))).toMatchObject({ nickname: "Anna", extra: "x" });
    for (const unknown of [key.get("/admin/users/nobody"), key.put("/admin/users/nobody", { nickname: "N" })]) {
      expect((await unknown).code).toBe(2006);
    }
  });

  test.each([
    ["system", { user_id: "system", nickname: "Boss" }],
    ["an id with a slash", { user_id: "a/b", nickname: "A" }],
    ["no nickname", { user_id: "someone" }],
    ["a short password", { user_id: "someone", nickname: "S", password: "short" }],
    ["a hash that is none", { user_id: "someone", nickname: "S", password_hash: "5f4dcc3b5aa765d61d8327deb882cf99" }],
    ["bcrypt that takes minutes", { user_id: "someone", nickname: "S", password_hash: `$2a$20$${"a".repeat(53)}` }],
    ["scrypt that takes minutes", { user_id: "someone", nickname: "S", password_hash: phc(20, 8, 5) }],
    ["scrypt that takes no work", { user_id: "someone", nickname: "S", password_hash: phc(0, 8, 1) }],
    ["scrypt that takes a gigabyte", { user_id: "someone", nickname: "S", password_hash: phc(14, 64, 1) }],
  ])("[KEY-3] [KEY-4] are not made with %s", async (_, body) => {
    expect(await key.post("/admin/users", body)).toMatchObject({ status: 400, code: 1001 });
    expect(await hashOf("someone")).toBeNull();
  });

  test("without a password accept none, not even an empty one", async () => {
    ok(await key.post("/admin/users", { user_id: "keyless", nickname: "K" }));
    for (const password of ["", PASSWORD]) expect((await login("keyless", password)).code).toBe(2008);
    const { token } = ok(await key.post<{ token: string }>("/admin/tokens", { user_id: "keyless" }));
    ok(await call("GET", "/user/info", { token }));
  });
});

/** A PHC string of scrypt with these parameters. */
function phc(ln: number, r: number, p: number): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${"a".repeat(22)}$${"b".repeat(43)}`;
}

describe("system", () => {
  test.each([
    ["password", { password: "another secret" }],
    ["ban", {}],
    ["erase", {}],
    ["export", {}],
  ])("[KEY-3] has no %s", async (what, body) => {
    const all = await makeKey("all");
    expect(await all.post(`/admin/users/system/${what}`, body)).toMatchObject({ code: 1001, status: 400 });
    expect(await hashOf("system")).toBe("");
  });

  test("[KEY-3] cannot be signed in as, even with a password in the database", async () => {
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE user_id = 'system'")
      .bind(await hashPassword(PASSWORD))
      .run();
    expect((await login("system")).code).toBe(2008);
    ok(await key.put("/admin/users/system", { nickname: "The app" }));
    ok(await key.post("/admin/users/system/logout"));
  });
});

describe("an import", () => {
  test("[KEY-4] takes hashes of bcrypt and scrypt; the first login replaces a foreign one and ends no other login", async () => {
    const users = [
      { user_id: "go", nickname: "Go", password_hash: await bcrypt.hash(PASSWORD, 4), created_at: 1_600_000_000_000 },
      { user_id: "own", nickname: "Own", password_hash: await hashPassword(PASSWORD) },
      { user_id: "none", nickname: "None" },
    ];
    const made = users.map(({ user_id }) => ({ user_id, code: 0 }));
    expect(ok(await key.post("/admin/users/import", { users }))).toEqual(made);
    expect(ok(await key.post("/admin/users/import", { users }))).toEqual(made.map((one) => ({ ...one, code: 2007 })));
    expect(ok(await key.get("/admin/users/go"))).toMatchObject({ created_at: 1_600_000_000_000 });

    expect((await login("go", "wrong one")).code).toBe(2008);
    expect(await hashOf("go")).toMatch(/^\$2/);
    const first = ok(await login("go"));
    expect(await hashOf("go")).toMatch(/^\$scrypt\$/);
    ok(await call("POST", "/auth/login", { body: { user_id: "go", password: PASSWORD, platform_id: 2 } }));
    ok(await call("GET", "/user/info", { token: first.token }));
    const own = await hashOf("own");
    ok(await login("own"));
    expect(await hashOf("own")).toBe(own);
    expect((await login("none")).code).toBe(2008);
  });

  test("makes a thousand accounts at once, keeps those that are there, and names the same id once", async () => {
    const extra = "x".repeat(2_000);
    const users = Array.from({ length: 1_000 }, (_, at) => ({
      user_id: `many-${at % 999}`,
      nickname: `M${at}`,
      extra,
    }));
    const results = ok(await key.post<{ code: number }[]>("/admin/users/import", { users }));
    expect(results.filter(({ code }) => code === 0)).toHaveLength(999);
    expect(results.at(-1)).toEqual({ user_id: "many-0", code: 2007 });
    expect(ok(await key.get("/admin/users/many-0"))).toMatchObject({ nickname: "M0" });
  });

  test("with one invalid account makes none, and names it", async () => {
    const users = [
      { user_id: "half-1", nickname: "Half" },
      { user_id: "half-2", nickname: "Half", password_hash: "plain" },
    ];
    const refused = await key.post("/admin/users/import", { users });
    expect([refused.code, refused.msg]).toEqual([1001, expect.stringContaining("users.1.password_hash")]);
    expect((await key.get("/admin/users/half-1")).code).toBe(2006);
    const tooMany = Array.from({ length: 1_001 }, (_, at) => ({ user_id: `x-${at}`, nickname: "X" }));
    expect((await key.post("/admin/users/import", { users: tooMany })).code).toBe(1001);
    const large = [{ user_id: "large", nickname: "L", extra: "x".repeat(5_000_000) }];
    expect(await key.post("/admin/users/import", { users: large })).toMatchObject({ status: 413, code: 1009 });
  });
});

describe("a ban", () => {
  test("[KEY-3] ends every login and socket with the reason, and refuses new logins until it is lifted", async () => {
    const [alice, bob, chat] = await pair();
    const phone = await alice.on(1);
    const [own, room] = [await alice.socket(), await phone.roomSocket(chat)];
    ok(await key.post(`/admin/users/${alice.id}/ban`));
    for (const socket of [own, room]) {
      expect(await socket.push(2002)).toEqual({ reason: "banned", code: 2009 });
      expect((await socket.closed).code).toBe(4001);
    }
    for (const { token } of [alice, phone]) expect((await call("GET", "/user/info", { token })).code).toBe(2001);
    expect(await login(alice.id)).toMatchObject({ status: 403, code: 2009 });
    expect((await login(alice.id, "wrong one")).code).toBe(2008);
    expect((await key.post("/admin/tokens", { user_id: alice.id })).code).toBe(2009);
    expect(ok(await key.get(`/admin/users/${alice.id}`))).toMatchObject({ is_banned: true });
    // What the user wrote stays, and the peer can still write.
    expect(await bob.seqs(chat)).toContain(1);
    await bob.text(alice, "are you there?");

    ok(await key.post(`/admin/users/${alice.id}/unban`));
    ok(await login(alice.id));
    expect(ok(await key.get(`/admin/users/${alice.id}`))).toMatchObject({ is_banned: false });
  });

  test("[KEY-3] holds against logins that are under way", async () => {
    const [alice] = await people("alice");
    const [banned, ...logins] = await Promise.all([
      key.post(`/admin/users/${alice.id}/ban`),
      ...Array.from({ length: 5 }, () => login(alice.id)),
    ]);
    ok(banned);
    for (const one of logins.filter(({ code }) => code === 0)) {
      expect((await call("GET", "/user/info", { token: one.data.token })).code).toBe(2001);
    }
  });
});

test("a logout ends the login of one platform, or all", async () => {
  const [alice] = await people("alice");
  const [ios, android] = [await alice.on(1), await alice.on(2)];
  ok(await key.post(`/admin/users/${alice.id}/logout`, { platform_id: 1 }));
  expect((await ios.get("/user/info")).code).toBe(2001);
  ok(await android.get("/user/info"));
  ok(await key.post(`/admin/users/${alice.id}/logout`));
  for (const one of [alice, android]) expect((await one.get("/user/info")).code).toBe(2001);
});

test("[LOGIN-7] a new password ends every login, and only it works then", async () => {
  const [alice] = await people("alice");
  ok(await key.post(`/admin/users/${alice.id}/password`, { password: "brand new words" }));
  expect((await alice.get("/user/info")).code).toBe(2001);
  expect((await login(alice.id)).code).toBe(2008);
  ok(await login(alice.id, "brand new words"));
  expect((await key.post("/admin/users/nobody/password", { password: "brand new words" })).code).toBe(2006);
});

test("a token is an ordinary login of its platform, with a lifetime of its own", async () => {
  const [alice] = await people("alice");
  const before = Date.now();
  const made = ok(
    await key.post<{ token: string; expires_at: number }>("/admin/tokens", { user_id: alice.id, ttl: 60 }),
  );
  expect(made.expires_at).toBeGreaterThan(before + 58_000);
  expect(made.expires_at).toBeLessThan(before + 62_000);
  ok(await call("GET", "/user/info", { token: made.token }));
  // Platform 5 was Alice's own.
  expect((await alice.get("/user/info")).code).toBe(2001);
  for (const body of [{ user_id: "system" }, { user_id: alice.id, ttl: 1 }, { user_id: alice.id, platform_id: 11 }]) {
    expect((await key.post("/admin/tokens", body)).code).toBe(1001);
  }
  expect((await key.post("/admin/tokens", { user_id: "nobody" })).code).toBe(2006);
});

test("[KEY-3] nobody can register or sign in as system", async () => {
  const body = { user_id: "system", nickname: "S", password: PASSWORD };
  expect((await call("POST", "/auth/register", { body })).code).toBe(2007);
  expect((await login("system", "")).code).toBe(2008);
});

test("[KEY-3] no key can erase system, whose announcements nobody else can send", async () => {
  expect((await key.post("/admin/users/system/erase")).code).toBe(1001);
  ok(await key.get("/admin/users/system"));
});

test("[LIST-3] peers are told of a name that the backend changes", async () => {
  const [alice, bob, chat] = await pair();
  ok(await key.put(`/admin/users/${alice.id}`, { nickname: "Alice B." }));
  const due = await rows<{ profile_due: number }>(inboxOf(alice), "SELECT profile_due FROM owner");
  expect(due[0]?.profile_due).toBeGreaterThan(0);
  expect((await bob.entry(chat))?.title).toBe("Alice B.");
});
