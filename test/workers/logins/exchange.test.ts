import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Answer, call, ok } from "../../helpers/workers/api.ts";
import { erased } from "../../helpers/workers/erasure.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { PASSWORD, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

const [OLD, NEW] = ["an old secret of the shop, 32+ bytes!", "a new secret of the shop, 32+ bytes!"];
const JWKS = "https://id.example/keys";
const ISSUERS = [
  { issuer: "shop", audience: "chat", prefix: "s-", secrets: [NEW, OLD] },
  { issuer: "https://id.example/", audience: "chat", prefix: "i-", jwks_url: JWKS, user_id_claim: "uid" },
  { issuer: "down", audience: "chat", prefix: "d-", jwks_url: "https://down.example/keys" },
];
settings({ FLOOD_LIMITS: "off", LOGIN_ISSUERS: JSON.stringify(ISSUERS) });

const mine = await generateKeyPair("ES256", { extractable: true });
const others = await generateKeyPair("ES256");
const published = { ...(await exportJWK(mine.publicKey)), kid: "k1", alg: "ES256" };

/** What the servers of the issuers answer. */
let serve: (url: string) => Response | Promise<Response> = () => Response.json({ keys: [published] });
let fetched = 0;
vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
  fetched++;
  return await serve(String(input instanceof Request ? input.url : input));
});
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
afterEach(() => {
  serve = () => Response.json({ keys: [published] });
});

interface Login {
  token: string;
  user_info: { user_id: string; nickname: string; avatar: string };
}

const exchange = (token: unknown, platform_id = 1): Promise<Answer<Login>> =>
  call<Login>("POST", "/auth/exchange", { body: { token, platform_id } });

const bytesOf = (text: string) => new TextEncoder().encode(text);
const jwt = (claims: JWTPayload, alg: string, kid?: string) =>
  new SignJWT({ aud: "chat", ...claims }).setProtectedHeader({ alg, ...(kid && { kid }) }).setExpirationTime("1h");
const ofShop = (claims: JWTPayload, secret = NEW) => jwt({ iss: "shop", ...claims }, "HS256").sign(bytesOf(secret));
const ofId = (claims: JWTPayload, kid = "k1", key = mine.privateKey) =>
  jwt({ iss: "https://id.example/", ...claims }, "ES256", kid).sign(key);

describe("a token of another issuer", () => {
  test("makes an account and an ordinary login of a platform, and the next one enters the same account", async () => {
    const token = await ofShop({ sub: "7", name: "Seven", picture: "https://a.example/7" });
    const first = ok(await exchange(token));
    expect(first.user_info).toMatchObject({ user_id: "s-7", nickname: "Seven", avatar: "https://a.example/7" });
    ok(await call("GET", "/user/info", { token: first.token }));
    const second = ok(await exchange(await ofShop({ sub: "7", name: "Renamed" }, OLD)));
    expect(second.user_info.nickname).toBe("Seven");
    expect((await call("GET", "/user/info", { token: first.token })).code).toBe(2001);
    ok(await exchange(token, 2));
    ok(await call("GET", "/user/info", { token: second.token }));
  });

  test("[TRUST-1] is checked with the published keys, which are read once", async () => {
    const before = fetched;
    const { user_info } = ok(await exchange(await ofId({ uid: 42 })));
    expect(user_info).toMatchObject({ user_id: "i-42", nickname: "i-42" });
    ok(await exchange(await ofId({ uid: 43 })));
    expect(fetched - before).toBe(1);
  });

  test.each<[string, () => Promise<string> | string, string]>([
    ["no JWT", () => "abc", "it is no JWT"],
    [
      "alg none",
      () => new UnsecuredJWT({ iss: "shop", aud: "chat", sub: "1" }).setExpirationTime("1h").encode(),
      "algorithm",
    ],
    ["a stranger's secret", () => ofShop({ sub: "1" }, "some other secret, 32 bytes or more!"), "signature"],
    ["a stranger's key", () => ofId({ uid: "1" }, "k1", others.privateKey), "signature"],
    ["an unknown kid", () => ofId({ uid: "1" }, "k2"), "no such key"],
    [
      "the public key as a secret",
      () => jwt({ iss: "https://id.example/", uid: "1" }, "HS256").sign(bytesOf(JSON.stringify(published))),
      "algorithm",
    ],
    [
      "an algorithm that is not listed",
      () => jwt({ iss: "shop", sub: "1" }, "HS512").sign(bytesOf(NEW + NEW)),
      "algorithm",
    ],
    ["an unknown issuer", () => ofShop({ sub: "1", iss: "nexo-im" }), "issuer"],
    ["no issuer", () => jwt({ sub: "1" }, "HS256").sign(bytesOf(NEW)), "issuer"],
    ["another audience", () => ofShop({ sub: "1", aud: "shop-admin" }), "aud"],
    ["no user", () => ofShop({}), "claim sub is missing"],
    ["an object for a user", () => ofShop({ sub: { a: 1 } as never }), "sub"],
    [
      "an expiry that is past",
      () =>
        new SignJWT({ iss: "shop", aud: "chat", sub: "1" })
          .setProtectedHeader({ alg: "HS256" })
          .setExpirationTime("-1m")
          .sign(bytesOf(NEW)),
      "expired",
    ],
    [
      "no expiry",
      () => new SignJWT({ iss: "shop", aud: "chat", sub: "1" }).setProtectedHeader({ alg: "HS256" }).sign(bytesOf(NEW)),
      "exp",
    ],
    [
      "a start that is to come",
      async () => jwt({ iss: "shop", sub: "1", nbf: Date.now() / 1_000 + 3_600 }, "HS256").sign(bytesOf(NEW)),
      "nbf",
    ],
  ])("[TRUST-1] with %s is refused with the reason", async (_, token, reason) => {
    const refused = await exchange(await token());
    expect([refused.status, refused.code, refused.msg]).toEqual([401, 2010, expect.stringContaining(reason)]);
  });

  test("[TRUST-1] that is one of ours is refused, and a foreign one is no token of ours", async () => {
    const { token } = ok(await exchange(await ofShop({ sub: "self" })));
    expect((await exchange(token)).code).toBe(2010);
    expect((await call("GET", "/user/info", { token: await ofShop({ sub: "self" }) })).code).toBe(2001);
  });

  test.each([
    ["a number", 5],
    ["nothing", undefined],
    ["a novel", "x".repeat(20_000)],
    ["an empty text", ""],
  ])("that is %s is an invalid parameter", async (_, token) => {
    expect((await exchange(token)).code).toBe(1001);
  });
});

describe("an account without a password", () => {
  const eraseWith = (token: string, body: unknown) => call("POST", "/auth/erase", { token, body });

  test("[ERASE-4] is erased with a new token of its issuer and no other, and its id is not exchanged again", async () => {
    const { token } = ok(await exchange(await ofShop({ sub: "leaving" })));
    expect((await eraseWith(token, { password: "" })).code).toBe(2008);
    expect((await eraseWith(token, { token: await ofShop({ sub: "somebody" }) })).code).toBe(2010);
    expect(
      (await eraseWith(token, { token: await ofShop({ sub: "leaving" }, "a stranger's secret, 32 bytes or more") }))
        .code,
    ).toBe(2010);
    ok(await call("GET", "/user/info", { token }));
    ok(await eraseWith(token, { token: await ofShop({ sub: "leaving" }) }));
    expect((await call("GET", "/user/info", { token })).code).toBe(2001);
    expect((await exchange(await ofShop({ sub: "leaving" }))).code).toBe(2009);
    await erased({ id: "s-leaving" });
    expect((await exchange(await ofShop({ sub: "leaving", name: "Back" }))).code).toBe(2009);
  });
});

test("[TRUST-2] an account with a password is not erased by a token of an issuer, whoever has a login of it", async () => {
  const { token } = ok(await exchange(await ofShop({ sub: "older" })));
  // As if it had been registered before the prefix was reserved.
  const query =
    "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE user_id = ?) WHERE user_id = ?";
  const [other] = await people("other");
  await env.DB.prepare(query).bind(other.id, "s-older").run();
  const erase = (body: unknown) => call("POST", "/auth/erase", { token, body });
  expect((await erase({ token: await ofShop({ sub: "older" }) })).code).toBe(2010);
  ok(await call("GET", "/user/info", { token }));
  ok(await erase({ password: PASSWORD }));
});

describe("the keys of an issuer", () => {
  const ofDown = () => jwt({ iss: "down", sub: "1" }, "ES256", "k1").sign(mine.privateKey);

  test.each<[string, () => Response | Promise<Response>]>([
    ["are out of reach", () => Promise.reject(new Error("no route"))],
    ["answer 500", () => new Response("", { status: 500 })],
    ["redirect", () => Response.redirect("https://evil.example/keys")],
    ["are no JSON", () => new Response("<html>")],
    ["are huge", () => new Response(`{"keys":[],"x":"${"x".repeat(2_000_000)}"}`)],
    ["never end", () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) }))],
  ])("[TRUST-1] that %s make the exchange answer 1008, and cost nothing else", async (_, answer) => {
    serve = answer;
    const refused = await exchange(await ofDown());
    expect([refused.status, refused.code]).toEqual([503, 1008]);
    expect(errors.mock.calls.join()).toContain("issuer_keys_unreadable");
    ok(await exchange(await ofShop({ sub: "meanwhile" })));
  });

  test("[MEM-1] are not read again for every unknown kid", async () => {
    const before = fetched;
    for (let at = 0; at < 20; at++) expect((await exchange(await ofId({ uid: "1" }, `made-up-${at}`))).code).toBe(2010);
    expect(fetched - before).toBeLessThanOrEqual(1);
  });
});

describe("[TRUST-2] the users of an issuer", () => {
  test.each(["auth0|7", "ann@shop.example", "h.abc", "x".repeat(100), "安", ".", "a b"])(
    "have ids of the usual form, each its own: %s",
    async (sub) => {
      const id = ok(await exchange(await ofShop({ sub }))).user_info.user_id;
      expect(id).toMatch(/^s-[A-Za-z0-9_.-]{1,62}$/);
      expect(ok(await exchange(await ofShop({ sub }))).user_info.user_id).toBe(id);
      // Nobody can choose the id that another's is hashed to.
      const copied = ok(await exchange(await ofShop({ sub: id.slice(2) }))).user_info.user_id;
      if (id !== `s-${sub}`) expect(copied).not.toBe(id);
    },
  );

  test("never meet those of another issuer, or a registered account", async () => {
    const [shop, id] = [await exchange(await ofShop({ sub: "same" })), await exchange(await ofId({ uid: "same" }))];
    expect(ok(shop).user_info.user_id).not.toBe(ok(id).user_info.user_id);
    const body = { user_id: "s-8", nickname: "Squatter", password: PASSWORD };
    expect(await call("POST", "/auth/register", { body })).toMatchObject({ code: 1001 });
    const login = await call("POST", "/auth/login", { body: { user_id: "s-same", password: "", platform_id: 1 } });
    expect(login.code).toBe(2008);
    // An account that was registered before the prefix was reserved.
    const key = await makeKey("users");
    ok(await key.post("/admin/users", body));
    expect(await exchange(await ofShop({ sub: "8" }))).toMatchObject({ code: 2010 });
  });

  test("are refused while they are banned", async () => {
    const key = await makeKey("users");
    const token = await ofShop({ sub: "rude" });
    ok(await exchange(token));
    ok(await key.post("/admin/users/s-rude/ban"));
    expect((await exchange(token)).code).toBe(2009);
    ok(await key.post("/admin/users/s-rude/unban"));
    ok(await exchange(token));
  });

  test("are made once, however many exchanges run at once", async () => {
    const token = await ofShop({ sub: "hurry", name: "Hurry" });
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map((platform) => exchange(token, platform)));
    for (const one of all) expect(ok(one).user_info).toMatchObject({ user_id: "s-hurry", nickname: "Hurry" });
    const { results } = await env.DB.prepare("SELECT user_id FROM users WHERE user_id = 's-hurry'").all();
    expect(results).toHaveLength(1);
  });
});
