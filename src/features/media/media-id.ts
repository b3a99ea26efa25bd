import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { MEDIA_ID } from "../../protocol/media-ids.ts";
import type { Millis } from "../../protocol/model.ts";

/** For whom a file was uploaded. An avatar belongs to no conversation: its conversation_id is "". */
export interface MediaOwner {
  readonly user_id: string;
  readonly conversation_id: string;
}

/** The secret that signs, and the previous one, which still verifies. [TOKEN-2] */
export interface MediaSecrets {
  readonly JWT_SECRET: Uint8Array;
  readonly JWT_SECRET_PREVIOUS?: Uint8Array | undefined;
}

/** A version, the expiry in Unix seconds, 128 random bits, 160 bits of a keyed hash over them and the owner. */
const VERSION = 1;
const PART = { expiry: 1, random: 6, hash: 22, end: 42 };

/**
 * Makes a media_id. It cannot be guessed, and says by itself for whom the file is and until when a message may name it:
 * a Conversation checks that in the turn of the message, without a call and without a row. [MEDIA-1]
 */
export function newMediaId({ JWT_SECRET }: MediaSecrets, owner: MediaOwner, expiresAt: Millis): string {
  const bytes = Buffer.alloc(PART.end);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUIntBE(Math.floor(expiresAt / 1_000), PART.expiry, PART.random - PART.expiry);
  crypto.getRandomValues(bytes.subarray(PART.random, PART.hash));
  hashOf(JWT_SECRET, bytes, owner).copy(bytes, PART.hash);
  return bytes.toString("base64url");
}

/** When a media_id of the right form expires. Says nothing about who made it: check `isMediaOf` first. */
export function expiryOf(mediaId: string): Millis {
  return bytesOf(mediaId).readUIntBE(PART.expiry, PART.random - PART.expiry) * 1_000;
}

/** Whether this server made the media_id for this owner. */
export function isMediaOf(secrets: MediaSecrets, mediaId: string, owner: MediaOwner): boolean {
  if (!MEDIA_ID.test(mediaId)) return false;
  const bytes = bytesOf(mediaId);
  if (bytes.readUInt8(0) !== VERSION) return false;
  const { JWT_SECRET, JWT_SECRET_PREVIOUS } = secrets;
  const keys = JWT_SECRET_PREVIOUS ? [JWT_SECRET, JWT_SECRET_PREVIOUS] : [JWT_SECRET];
  return keys.some((secret) => timingSafeEqual(hashOf(secret, bytes, owner), bytes.subarray(PART.hash)));
}

function bytesOf(mediaId: string): Buffer {
  return Buffer.from(mediaId, "base64url");
}

const keys = new WeakMap<Uint8Array, Buffer>();

/** Synchronous, unlike WebCrypto: a Conversation checks messages in one turn, so that none overtakes another. */
function hashOf(secret: Uint8Array, bytes: Buffer, { user_id, conversation_id }: MediaOwner): Buffer {
  const key = keys.get(secret) ?? Buffer.from(hkdfSync("sha256", secret, "", "nexo-im media id", 32));
  keys.set(secret, key);
  const hmac = createHmac("sha256", key).update(bytes.subarray(0, PART.hash));
  // No id has a space, so two owners never give the same text.
  return hmac
    .update(`${user_id} ${conversation_id}`)
    .digest()
    .subarray(0, PART.end - PART.hash);
}
