/** The prefix of secrets in the Standard Webhooks scheme (standard-webhooks/spec/standard-webhooks.md). */
const PREFIX = "whsec_";

/** Makes a secret: 256 random bits. */
export function newSecret(): string {
  return PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
}

/** Whether a secret has the form of the scheme: base64 of 24 to 64 bytes. */
export function isSecret(text: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const { byteLength } = bytesOf(text);
  return byteLength >= 24 && byteLength <= 64;
}

/**
 * The headers of a signed call: `webhook-id`, `webhook-timestamp` in Unix seconds, and `webhook-signature`, a signature
 * for each secret: `v1,` and base64 of the HMAC-SHA256 of `<id>.<timestamp>.<body>`. [HOOK-2]
 */
export async function signedHeaders(
  secrets: readonly string[],
  id: string,
  body: string,
  now: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const key = await crypto.subtle.importKey("raw", bytesOf(secret), { name: "HMAC", hash: "SHA-256" }, false, [
        "sign",
      ]);
      return `v1,${Buffer.from(await crypto.subtle.sign("HMAC", key, content)).toString("base64")}`;
    }),
  );
  return {
    "Content-Type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

function bytesOf(secret: string): Uint8Array {
  return new Uint8Array(Buffer.from(secret.slice(PREFIX.length), "base64"));
}
