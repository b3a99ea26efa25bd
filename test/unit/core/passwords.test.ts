import bcrypt from "bcryptjs";
import { expect, test } from "vitest";
import { hashPassword, isAcceptableHash, isForeignHash, verifyPassword } from "../../../src/core/passwords.ts";

test("[KEY-4] its own hashes and those of bcrypt match the right password only", async () => {
  const [own, go] = await Promise.all([hashPassword("correct"), bcrypt.hash("correct", 4)]);
  for (const hash of [own, go, go.replace("$2b$", "$2a$"), go.replace("$2b$", "$2y$")]) {
    expect(isAcceptableHash(hash), hash).toBe(true);
    expect(await verifyPassword("correct", hash), hash).toBe(true);
    expect(await verifyPassword("Correct", hash), hash).toBe(false);
  }
  expect([isForeignHash(own), isForeignHash(go)]).toEqual([false, true]);
});

// Vector of RFC 7914, section 12: scrypt("password", "NaCl", N 1024, r 8, p 16, 64 bytes).
test("[KEY-4] a hash of scrypt from elsewhere is checked with its own parameters", async () => {
  const key =
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
  const phc = `$scrypt$ln=10,r=8,p=16$TmFDbA$${Buffer.from(key, "hex").toString("base64").replaceAll("=", "")}`;
  expect(isAcceptableHash(phc)).toBe(true);
  expect(await verifyPassword("password", phc)).toBe(true);
  expect(await verifyPassword("passwort", phc)).toBe(false);
});

test.each(["", "plain", "$1$md5", "$2x$10$abc", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "$2a$03$", "$2a$13$"])(
  "[KEY-4] %s is no acceptable hash, and matches nothing",
  async (start) => {
    const hash = start.endsWith("3$") ? start + "a".repeat(53) : start;
    expect(isAcceptableHash(hash)).toBe(false);
    expect(await verifyPassword("plain", hash)).toBe(false);
  },
);
