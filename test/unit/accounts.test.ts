import { scryptSync } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { hashPassword, verifyPassword } from "../../src/accounts/password.ts";
import { signToken, verifyToken } from "../../src/accounts/tokens.ts";

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

  test("a hash carries its cost, has its own salt, and takes only its password", async () => {
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
    "%o is no hash of anything",
    async (phc) => {
      expect(await verifyPassword("secret", phc)).toBe(false);
    },
  );
});

describe("[LOGIN-2] tokens", () => {
  const secret = new TextEncoder().encode("a secret of more than 32 bytes for tests");
  const now = Math.floor(Date.now() / 1_000);
  const login = { user_id: "ann", platform_id: 1, login_id: "l", token_id: "t", exp: now + 60 };
  const claims = { sub: "ann", pid: 1, lid: "l", jti: "t", exp: now + 60 };

  test("give back the login, and are the same for the same claims", async () => {
    const token = await signToken(secret, { ...login, issued_at: now });
    expect(await verifyToken(secret, token)).toEqual(login);
    expect(await signToken(secret, { ...login, issued_at: now })).toBe(token);
  });

  test.each([
    ["garbage", async () => "x.y.z"],
    ["nothing", async () => ""],
    ["alg none", async () => new UnsecuredJWT(claims).encode()],
    ["another key", () => signed(claims, new TextEncoder().encode("another secret of more than 32 bytes…"))],
    ["another algorithm", () => signed(claims, secret, "HS512")],
    ["no expiry", () => signed({ ...claims, exp: undefined }, secret)],
    ["no login", () => signed({ ...claims, lid: undefined }, secret)],
    ["a platform that is none", () => signed({ ...claims, pid: 9 }, secret)],
    ["a user that is none", () => signed({ ...claims, sub: "a b" }, secret)],
    ["a changed payload", async () => tampered(await signed(claims, secret))],
  ])("refused: %s", async (_what, make) => {
    await expect(verifyToken(secret, await make())).rejects.toMatchObject({ code: 2001 });
  });

  test("an expired one is told apart", async () => {
    const token = await signed({ ...claims, exp: now - 1 }, secret);
    await expect(verifyToken(secret, token)).rejects.toMatchObject({ code: 2002 });
  });

  test("one that was verified before is good with no other secret, and until its time only", async () => {
    const token = await signed(claims, secret);
    await verifyToken(secret, token);
    const other = new TextEncoder().encode("another secret of more than 32 bytes…");
    await expect(verifyToken(other, token)).rejects.toMatchObject({ code: 2001 });
    vi.useFakeTimers({ now: (now + 61) * 1_000, toFake: ["Date"] });
    try {
      await expect(verifyToken(secret, token)).rejects.toMatchObject({ code: 2002 });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ["space", " "],
    ["line breaks", "\n\n\n"],
    ["padding", "="],
  ])("one spelled with %s is none, though it decodes to the same", async (_, more) => {
    const token = await signed(claims, secret);
    await expect(verifyToken(secret, token + more)).rejects.toMatchObject({ code: 2001 });
    await expect(verifyToken(secret, token.replace(".", `${more}.`))).rejects.toMatchObject({ code: 2001 });
  });

  test("of many, those met first are verified anew, and all are right", async () => {
    const tokens = await Promise.all(
      Array.from({ length: 1_200 }, (_, index) => signed({ ...claims, sub: `user-${index}` }, secret)),
    );
    for (const round of [1, 2]) {
      for (const [index, token] of tokens.entries()) {
        expect((await verifyToken(secret, token)).user_id, `round ${round}`).toBe(`user-${index}`);
      }
    }
  });

  function signed(payload: Record<string, unknown>, key: Uint8Array, alg = "HS256"): Promise<string> {
    return new SignJWT(payload).setProtectedHeader({ alg }).sign(key);
  }

  function tampered(token: string): string {
    const [header, , signature] = token.split(".");
    const payload = Buffer.from(JSON.stringify({ ...claims, sub: "bob" })).toString("base64url");
    return `${header}.${payload}.${signature}`;
  }
});
