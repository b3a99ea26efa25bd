import { generateKeyPairSync } from "node:crypto";

/** The key pair by which push services know this server (VAPID, RFC 8292), as the settings hold it. */
export interface VapidKeys {
  /** base64url of an uncompressed P-256 point. */
  readonly VAPID_PUBLIC_KEY: string;
  /** base64url of 32 bytes. */
  readonly VAPID_PRIVATE_KEY: string;
}

export function makeVapidKeys(): VapidKeys {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return { VAPID_PUBLIC_KEY: point.toString("base64url"), VAPID_PRIVATE_KEY: d };
}
