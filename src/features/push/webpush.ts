import { encryptNotification } from "@block65/webcrypto-web-push";
import { SignJWT } from "jose";
import { type Channel, type ChannelSettings, post, TIME_TO_LIVE } from "./channel.ts";
import { isAllowedEndpoint } from "./hosts.ts";
import type { Device } from "./store.ts";

/** Texts are padded to a multiple of this, so that a push service does not see how long a message is. */
const PADDED_TO = 512;
/** Seconds. RFC 8292 allows 24 hours. */
const TOKEN_LIFETIME = 12 * 3_600;
/** How many push services an isolate remembers a token for. There are about four. [MEM-1] */
const MAX_TOKENS = 20;

/** Tokens by origin and subject, for each set of settings: services ask senders to reuse them. */
const tokens = new WeakMap<ChannelSettings, Map<string, { readonly token: string; readonly until: number }>>();

/** Web Push: RFC 8030, encrypted by RFC 8291, identified by VAPID (RFC 8292). */
export function webPush(settings: ChannelSettings): Channel {
  const { VAPID_PUBLIC_KEY: publicKey, PUSH_HOSTS } = settings;
  return {
    isReady: publicKey !== undefined,
    send: async (device, { payload, topic }) => {
      // The setting may have changed since the registration.
      if (!isAllowedEndpoint(PUSH_HOSTS, device.token)) throw new Error("the endpoint's host is not in PUSH_HOSTS");
      const body = await encryptNotification(subscriptionOf(device), padded(JSON.stringify(payload)), { pad: false });
      const headers = {
        Authorization: `vapid t=${await tokenFor(settings, device)}, k=${publicKey}`,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        TTL: String(TIME_TO_LIVE),
        Topic: topic,
        Urgency: payload.type === "message" ? "high" : "normal",
      };
      return await post(device.token, headers, body);
    },
  };
}

function subscriptionOf({ token, details }: Device) {
  return { endpoint: token, expirationTime: null, keys: JSON.parse(details) as { p256dh: string; auth: string } };
}

/** JSON with spaces after it, which a parser ignores. */
function padded(json: string): Uint8Array {
  const bytes = new TextEncoder().encode(json);
  const whole = new Uint8Array(Math.ceil(bytes.length / PADDED_TO) * PADDED_TO).fill(0x20);
  whole.set(bytes);
  return whole;
}

async function tokenFor(settings: ChannelSettings, { token: endpoint, site }: Device): Promise<string> {
  const subject = settings.VAPID_SUBJECT ?? (site.startsWith("https:") ? site : "");
  const { origin } = new URL(endpoint);
  const known = tokens.get(settings) ?? new Map<string, { token: string; until: number }>();
  tokens.set(settings, known);
  const key = `${origin} ${subject}`;
  const now = Math.floor(Date.now() / 1_000);
  const kept = known.get(key);
  if (kept && kept.until > now) return kept.token;
  const signing = new SignJWT(subject === "" ? {} : { sub: subject })
    .setProtectedHeader({ alg: "ES256", typ: "JWT" })
    .setAudience(origin)
    .setExpirationTime(now + TOKEN_LIFETIME);
  const token = await signing.sign(await privateKeyOf(settings));
  if (known.size >= MAX_TOKENS) known.clear();
  known.set(key, { token, until: now + TOKEN_LIFETIME / 2 });
  return token;
}

function privateKeyOf({ VAPID_PUBLIC_KEY = "", VAPID_PRIVATE_KEY = "" }: ChannelSettings): Promise<CryptoKey> {
  // 0x04 and the two coordinates of 32 bytes.
  const point = Buffer.from(VAPID_PUBLIC_KEY, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  const key = { kty: "EC", crv: "P-256", x, y, d: VAPID_PRIVATE_KEY };
  return crypto.subtle.importKey("jwk", key as JsonWebKey, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}
