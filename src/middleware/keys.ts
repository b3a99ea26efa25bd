/** Keys derived from a secret, by purpose. Imported once for each isolate, not for each use. */
const made = new WeakMap<Uint8Array, Map<string, CryptoKey>>();

/**
 * HMAC-SHA-256 of a text, with a key that HKDF derives from a secret for one purpose. The result reveals nothing about
 * the secret, or about results for other purposes.
 */
export async function keyedHash(secret: Uint8Array, purpose: string, text: string): Promise<Uint8Array> {
  const key = await derivedKey(secret, purpose);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
}

async function derivedKey(secret: Uint8Array, purpose: string): Promise<CryptoKey> {
  const keys = made.get(secret) ?? new Map<string, CryptoKey>();
  made.set(secret, keys);
  const known = keys.get(purpose);
  if (known) return known;
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const kdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new TextEncoder().encode(purpose) };
  const key = await crypto.subtle.deriveKey(kdf, base, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  // Stores the key and not its promise: a request must not wait for another request's promise.
  keys.set(purpose, key);
  return key;
}
