import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { bytes, conversationIdSchema, optional } from "./text.ts";

/** The input of push notifications. Unknown fields are ignored, such as `expirationTime` of a browser's subscription. */

const privacy = optional(z.enum(["full", "name", "none"])).transform((chosen) => chosen ?? "full");
/** A language tag (BCP 47). Texts exist in Chinese and in English, which all other languages get. */
const lang = optional(bytes(0, LIMITS.languageTagBytes)).transform((tag) => (/^zh\b/i.test(tag ?? "") ? "zh" : "en"));
const token = bytes(1, LIMITS.pushTokenBytes);

const endpoint = bytes(1, LIMITS.pushEndpointBytes).refine(isPlainUrl, "must be a URL without credentials or fragment");

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === "" && password === "" && hash === "";
}

/** As `PushSubscription.toJSON()` gives them: an uncompressed point of P-256, and 16 bytes (RFC 8291, section 2). */
const keys = z.object({
  p256dh: z.string().regex(/^B[A-P][\w-]{85}=?$/, "must be base64url of an uncompressed P-256 point"),
  auth: z.string().regex(/^[\w-]{22}(==)?$/, "must be base64url of 16 bytes"),
});

export const pushRegisterBody = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("webpush"), endpoint, keys, privacy, lang }),
  z.object({ kind: z.literal("fcm"), token: token.regex(/^[\w:.-]+$/, "must be a token of FCM"), privacy, lang }),
  z.object({
    kind: z.literal("hook"),
    token,
    service: z.string().regex(/^[a-z0-9_.-]{1,32}$/, "must be 1 to 32 of a-z 0-9 _ . -"),
    privacy,
    lang,
  }),
]);
const pushUnregisterBody = z.object({
  device_id: optional(bytes(0, LIMITS.idCharacters)).transform((id) => id || undefined),
});
const everyMessageBody = z.object({ conversation_id: conversationIdSchema, every_message: z.boolean() });
/** Frame 1017. */
export const backgroundData = z.object({ background: z.boolean() });

/** A device as it is registered, after validation. */
export type PushRegistration = z.output<typeof pushRegisterBody>;

/** The routes of push notifications, as in ROUTES. */
export const PUSH_ROUTES = {
  "GET /push/key": { auth: true },
  "POST /push/register": { auth: true, body: pushRegisterBody },
  "POST /push/unregister": { auth: true, body: pushUnregisterBody },
  "GET /push/conversations": { auth: true },
  "PUT /push/conversation": { auth: true, body: everyMessageBody },
} as const;
