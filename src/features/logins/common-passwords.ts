import { createHash } from "node:crypto";
import { Code, NexoError } from "../../protocol/codes.ts";
import { FILTER } from "./common-passwords-filter.ts";

/** How many of the commonest passwords are refused. */
export const COUNT = 10_000;
/** The size of the filter, and the bits of it that each password sets. Of 200,000 other passwords about one is refused. */
export const BITS = 262_144;
const PLACES = 13;

/** Decoded when it is first needed, which is never where the setting allows all passwords. */
let decoded: Uint8Array | undefined;

/**
 * Refuses one of the 10,000 commonest passwords, in any case. They are in a Bloom filter of 32 KB: none of them passes.
 * @param field the name of the input, for the message
 * @throws NexoError INVALID_PARAMETER
 */
export function assertUncommon(field: string, password: string): void {
  const bits = decoded ?? new Uint8Array(Buffer.from(FILTER, "base64"));
  decoded = bits;
  const isCommon = placesOf(password).every((place) => ((bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0);
  if (isCommon) throw new NexoError(Code.INVALID_PARAMETER, `${field}: is one of the ${COUNT} commonest passwords`);
}

/** The bits that stand for a password: two halves of a hash give all of them (Kirsch and Mitzenmacher, 2006). */
export function placesOf(password: string): number[] {
  const hash = createHash("sha256").update(password.normalize("NFKC").toLowerCase()).digest();
  const [first, step] = [hash.readUInt32BE(0), hash.readUInt32BE(4) | 1];
  return Array.from({ length: PLACES }, (_, at) => (first + at * (step >>> 0)) % BITS);
}
