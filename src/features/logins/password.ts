import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** Parameters of RFC 7914. N·r·p stays within the 2^20 that Workers allow. A hash takes about 16 MB and 0.25 s. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Hashes a password into a PHC string (`$scrypt$ln=…,r=…,p=…$salt$hash`), which contains its cost parameters. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST, HASH_BYTES);
  return `$scrypt$ln=${Math.log2(COST.N)},r=${COST.r},p=${COST.p}$${encode(salt)}$${encode(hash)}`;
}

/** Whether a password matches a PHC string; false for a string that is not a PHC string. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const [, ln, r, p, salt, hash] = PHC.exec(phc) ?? [];
  if (salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, "base64");
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, "base64"), cost, expected.byteLength);
  return timingSafeEqual(derived, expected);
}

function derive(password: string, salt: Buffer, cost: typeof COST, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same characters typed on two systems may differ in their bytes. NFKC makes them equal.
    scrypt(password.normalize("NFKC"), salt, length, { ...cost, maxmem: 64 * 1_048_576 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Base64 without padding, as in PHC strings. */
function encode(data: Buffer): string {
  return data.toString("base64").replaceAll("=", "");
}
