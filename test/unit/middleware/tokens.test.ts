import { scryptSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { hashPassword, verifyPassword } from "../../../src/core/passwords.ts";
import { signToken, verifyToken } from "../../../src/middleware/tokens.ts";

describe("passwords", () => {
  test("verifies the known answer of RFC 7914", async () => {
    // scrypt("pleaseletmein", "SodiumChloride", 2^14, 8, 1, 64)
    const hash = Buffer.from(
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
      "hex",
    );
    const base64 = (data: Buffer) => data.toString("base64").replaceAll("=", "");
    const phc = `$scrypt$ln=14,r=8,p=1$${base64(Buffer.from("SodiumChloride"))}$${base64(hash)}`;
    expect(await verifyPassword("pleaseletmein", phc)).toBe(true);
    expect(await verifyPassword("pleaseletmeim", phc)).toBe(false);
  });

  test("a hash contains its cost, has its own salt, and accepts only its password", async () => {
    const [one, two] = await Promise.all([hashPassword("secret 1"), hashPassword("secret 1")]);
    expect(one).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword("secret 1", one)).toBe(true);
    expect(await verifyPassword("secret 2", one)).toBe(false);
    const [, , , salt = "", hash = ""] = one.split("$");
    const expected = scryptSync("secret 1", Buffer.from(salt, "base64"), 32, {
      N: 2 ** 14,
      r: 8,
      p: 5,
      maxmem: 2 ** 26,
    });
    expect(Buffer.from(hash, "base64")).toEqual(expected);
  });

  test("the same characters typed on two systems are one password", async () => {
    expect(await verifyPassword("cafe\u0301 ﬁ", await hashPassword("caf\u00e9 fi"))).toBe(true);
  });

  test.each(["", "$scrypt$", "$argon2id$v=19$m=1$a$b", "$scrypt$ln=14,r=8,p=5$c2FsdA"])(
    "%o is not a hash of anything",
    async (phc) => {
      expect(await verifyPassword("secret", phc)).toBe(false);
    },
  );
});

describe("[LOGIN-2] tokens", () => {
  const secret = new TextEncoder().encode("a secret of more than 32 bytes for tests");
  const secrets = { JWT_SECRET: secret };
  const now = Math.floor(Date.now() / 1_000);
  const login = { user_id: "ann", platform_id: 1, login_id: "l", token_id: "t", exp: now + 60 };
  const claims = { sub: "ann", pid: 1, lid: "l", jti: "t", exp: now + 60 };
  const ours = { ...claims, iss: "nexo-im", aud: "nexo-im" };
  const other = new TextEncoder().encode("another secret of more than 32 bytes…");

  test("return the login, and are the same for the same claims", async () => {
    const token = await signToken(secret, { ...login, issued_at: now });
    expect(await verifyToken(secrets, token)).toEqual(login);
    expect(await signToken(secret, { ...login, issued_at: now })).toBe(token);
  });

  test.each([
    ["garbage", async () => "x.y.z"],
    ["nothing", async () => ""],
    ["alg none", async () => new UnsecuredJWT(claims).encode()],
    ["another key", () => signed(claims, other)],
    ["another algorithm", () => signed(claims, secret, "HS512")],
    ["no expiry", () => signed({ ...claims, exp: undefined }, secret)],
    ["no login", () => signed({ ...claims, lid: undefined }, secret)],
    ["an invalid platform", () => signed({ ...claims, pid: 11 }, secret)],
    ["[TOKEN-1] another service's, with the same secret", () => signed({ ...claims, iss: "other" }, secret)],
    ["[TOKEN-1] for another service", () => signed({ ...claims, aud: "other" }, secret)],
    ["[TOKEN-1] a named key but no issuer", async () => named({ ...ours, iss: undefined }, secret)],
    ["[TOKEN-1] a named key and another issuer", async () => named({ ...ours, iss: "other" }, secret)],
    ["[TOKEN-1] a named key but no audience", async () => named({ ...ours, aud: undefined }, secret)],
    ["[TOKEN-1] a named key and another audience", async () => named({ ...ours, aud: ["other"] }, secret)],
    ["[TOKEN-2] an unknown key", async () => named(ours, secret, "AAAAAAAAAAAA")],
    ["[TOKEN-2] this key's name, but another key", async () => named(ours, other, await keyIdOf(secret))],
    ["an invalid user", () => signed({ ...claims, sub: "a b" }, secret)],
    ["a changed payload", async () => tampered(await signed(claims, secret))],
  ])("refused: %s", async (_what, make) => {
    await expect(verifyToken(secrets, await make())).rejects.toMatchObject({ code: 2001 });
  });

  test("an expired one has its own code", async () => {
    const token = await signed({ ...claims, exp: now - 1 }, secret);
    await expect(verifyToken(secrets, token)).rejects.toMatchObject({ code: 2002 });
  });

  test("a verified token is not accepted with another secret, or after it expired", async () => {
    const token = await signed(claims, secret);
    await verifyToken(secrets, token);
    await expect(verifyToken({ JWT_SECRET: other }, token)).rejects.toMatchObject({ code: 2001 });
    vi.useFakeTimers({ now: (now + 61) * 1_000, toFake: ["Date"] });
    try {
      await expect(verifyToken(secrets, token)).rejects.toMatchObject({ code: 2002 });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ["space", " "],
    ["line breaks", "\n\n\n"],
    ["padding", "="],
  ])("a token written with %s is invalid, even if it decodes to the same", async (_, more) => {
    const token = await signed(claims, secret);
    await expect(verifyToken(secrets, token + more)).rejects.toMatchObject({ code: 2001 });
    await expect(verifyToken(secrets, token.replace(".", `${more}.`))).rejects.toMatchObject({ code: 2001 });
  });

  test("beyond the limit the oldest are verified again, and all are accepted", async () => {
    const tokens = await Promise.all(
      Array.from({ length: 1_200 }, (_, index) => signed({ ...claims, sub: `user-${index}` }, secret)),
    );
    for (const round of [1, 2]) {
      for (const [index, token] of tokens.entries()) {
        expect((await verifyToken(secrets, token)).user_id, `round ${round}`).toBe(`user-${index}`);
      }
    }
  });

  test("[TOKEN-1] [TOKEN-2] name their issuer, their audience and their key", async () => {
    const token = await signToken(secret, { ...login, issued_at: now });
    expect(decodeJwt(token)).toMatchObject({ iss: "nexo-im", aud: "nexo-im" });
    const keyId = await keyIdOf(secret);
    expect(keyId).toMatch(/^[\w-]{12}$/);
    expect(await keyIdOf(other)).not.toBe(keyId);
    expect(await verifyToken(secrets, await named(ours, secret))).toEqual(login);
  });

  test("[TOKEN-2] are accepted with the previous secret, while it is set, and until they expire", async () => {
    const both = { JWT_SECRET: other, JWT_SECRET_PREVIOUS: secret };
    const without = { JWT_SECRET: other };
    for (const token of [await signToken(secret, { ...login, issued_at: now }), await signed(claims, secret)]) {
      expect(await verifyToken(both, token)).toEqual(login);
      await expect(verifyToken(without, token)).rejects.toMatchObject({ code: 2001 });
    }
    expect(await verifyToken(both, await signed(claims, other))).toEqual(login);
    for (const expired of [
      await signToken(secret, { ...login, exp: now - 1, issued_at: now }),
      await signed({ ...claims, exp: now - 1 }, secret),
      await signed({ ...claims, exp: now - 1 }, other),
    ]) {
      await expect(verifyToken(both, expired)).rejects.toMatchObject({ code: 2002 });
    }
    const stranger = new TextEncoder().encode("a third secret of more than 32 bytes…");
    await expect(verifyToken(both, await signed(claims, stranger))).rejects.toMatchObject({ code: 2001 });
    await expect(verifyToken(both, await named(ours, stranger))).rejects.toMatchObject({ code: 2001 });
  });

  /** A token of this release, with the changes of a test. */
  async function named(payload: Record<string, unknown>, key: Uint8Array, keyId?: string): Promise<string> {
    const kid = keyId ?? (await keyIdOf(key));
    return new SignJWT(payload).setProtectedHeader({ alg: "HS256", kid }).sign(key);
  }

  /** The name of a secret's key in its tokens. */
  async function keyIdOf(key: Uint8Array): Promise<string> {
    return decodeProtectedHeader(await signToken(key, { ...login, issued_at: now })).kid ?? "";
  }

  function signed(payload: Record<string, unknown>, key: Uint8Array, alg = "HS256"): Promise<string> {
    return new SignJWT(payload).setProtectedHeader({ alg }).sign(key);
  }

  function tampered(token: string): string {
    const [header, , signature] = token.split(".");
    const payload = Buffer.from(JSON.stringify({ ...claims, sub: "bob" })).toString("base64url");
    return `${header}.${payload}.${signature}`;
  }
});
