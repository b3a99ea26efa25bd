import { importJWK, type JWTVerifyResult, jwtVerify } from "jose";

/**
 * A browser's side of Web Push, written from RFC 8291 and RFC 8188 and not with the server's library. It runs in Node
 * and in workerd.
 */

/** A subscription's keys: what the server gets, and what only the browser has. */
export interface Subscription {
  readonly keys: { readonly p256dh: string; readonly auth: string };
  readonly privateKey: Key;
}

/** Node and workerd declare WebCrypto under different names. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const utf8 = new TextEncoder();
const base64url = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("base64url");

export async function subscribe(): Promise<Subscription> {
  const pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])) as {
    publicKey: Key;
    privateKey: Key;
  };
  const p256dh = base64url((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const auth = base64url(crypto.getRandomValues(new Uint8Array(16)));
  return { keys: { p256dh, auth }, privateKey: pair.privateKey };
}

/** Decrypts the body of a Web Push with the content coding aes128gcm. @throws if it is not for this subscription */
export async function decrypt({ keys, privateKey }: Subscription, body: Uint8Array): Promise<string> {
  const salt = body.subarray(0, 16);
  const idLength = body[20] ?? 0;
  const sender = body.subarray(21, 21 + idLength);
  const record = body.subarray(21 + idLength);
  const recordSize = new DataView(body.buffer, body.byteOffset).getUint32(16);
  if (record.length > recordSize) throw new Error("more than one record");
  const algorithm = { name: "ECDH", namedCurve: "P-256" };
  const senderKey = await crypto.subtle.importKey("raw", sender, algorithm, false, []);
  // The names of this field differ between the types of the two platforms.
  const exchange = { name: "ECDH", public: senderKey, $public: senderKey } as never;
  const secret = await crypto.subtle.deriveBits(exchange, privateKey, 256);
  const own = Buffer.from(keys.p256dh, "base64url");
  const info = Buffer.concat([utf8.encode("WebPush: info\0"), own, sender]);
  const ikm = await hkdf(Buffer.from(keys.auth, "base64url"), new Uint8Array(secret), info, 32);
  const cek = await hkdf(salt, ikm, utf8.encode("Content-Encoding: aes128gcm\0"), 16);
  const nonce = await hkdf(salt, ikm, utf8.encode("Content-Encoding: nonce\0"), 12);
  const key = await crypto.subtle.importKey("raw", cek, "AES-GCM", false, ["decrypt"]);
  const plain = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, record));
  // 0x02 ends the last record; only zeroes may follow.
  const end = plain.findLastIndex((byte) => byte !== 0);
  if (plain[end] !== 2) throw new Error("the record has no delimiter");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain.subarray(0, end));
}

async function hkdf(salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, bytes: number): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", ikm as never, "HKDF", false, ["deriveBits"]);
  const params = { name: "HKDF", hash: "SHA-256", salt: salt as never, info: info as never };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, bytes * 8));
}

/** Verifies the `Authorization` of a Web Push (RFC 8292) for a push service at this origin. @throws if it is wrong */
export async function verifyVapid(authorization: string, publicKey: string, origin: string): Promise<JWTVerifyResult> {
  const [, token = "", key = ""] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? [];
  if (key !== publicKey) throw new Error("another key");
  const point = Buffer.from(key, "base64url");
  const jwk = { kty: "EC", crv: "P-256", x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)) };
  const verified = await jwtVerify(token, await importJWK(jwk, "ES256"), { audience: origin, algorithms: ["ES256"] });
  const { exp = 0 } = verified.payload;
  if (exp > Date.now() / 1_000 + 86_400) throw new Error("a push service refuses tokens of more than a day");
  return verified;
}
