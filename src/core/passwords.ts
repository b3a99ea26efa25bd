import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import bcrypt from "bcryptjs";

/** Parameters of RFC 7914. N·r·p stays within the 2^20 that Workers allow. A hash takes about 16 MB and 0.25 s. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
/** The form of bcrypt's hashes, with the cost. The Go server of the original made them with cost 10. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** The greatest costs of a hash that is imported: each check of a password costs that much processor time and memory. */
const MOST = { bcrypt: 12, work: 2 ** 20, memory: 64 * 1_048_576, hashBytes: 64 };
/** The hash of an account without a password: no password matches it. */
export const NO_PASSWORD = "";

/** Hashes a password into a PHC string (`$scrypt$ln=…,r=…,p=…$salt$hash`), which contains its cost parameters. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST, HASH_BYTES);
  return `$scrypt$ln=${Math.log2(COST.N)},r=${COST.r},p=${COST.p}$${encode(salt)}$${encode(hash)}`;
}

/** Whether a password matches a hash of scrypt or bcrypt; false for a text that is neither. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (BCRYPT.test(hash)) return isAcceptableHash(hash) && (await bcrypt.compare(password, hash));
  const parsed = parsePhc(hash);
  if (!parsed) return false;
  const derived = await derive(password, parsed.salt, parsed.cost, parsed.hash.byteLength);
  return timingSafeEqual(derived, parsed.hash);
}

/** Whether a hash made elsewhere can be checked here, and within a bounded time. */
export function isAcceptableHash(hash: string): boolean {
  const bcryptCost = BCRYPT.exec(hash)?.[1];
  if (bcryptCost !== undefined) return Number(bcryptCost) >= 4 && Number(bcryptCost) <= MOST.bcrypt;
  const parsed = parsePhc(hash);
  if (!parsed) return false;
  const { N, r, p } = parsed.cost;
  const isPossible = N > 1 && r > 0 && p > 0 && parsed.hash.byteLength >= 16 && parsed.salt.byteLength > 0;
  return (
    isPossible && N * r * p <= MOST.work && 128 * N * r <= MOST.memory / 2 && parsed.hash.byteLength <= MOST.hashBytes
  );
}

/** Whether a hash was not made with the parameters of `hashPassword`. A login then replaces it. */
export function isForeignHash(hash: string): boolean {
  return !hash.startsWith(`$scrypt$ln=${Math.log2(COST.N)},r=${COST.r},p=${COST.p}$`);
}

function parsePhc(phc: string): { cost: typeof COST; salt: Buffer; hash: Buffer } | undefined {
  const [, ln, r, p, salt, hash] = PHC.exec(phc) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  return { cost, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

function derive(password: string, salt: Buffer, cost: typeof COST, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same characters typed on two systems may differ in their bytes. NFKC makes them equal.
    scrypt(password.normalize("NFKC"), salt, length, { ...cost, maxmem: MOST.memory }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Base64 without padding, as in PHC strings. */
function encode(data: Buffer): string {
  return data.toString("base64").replaceAll("=", "");
}
