import { timingSafeEqual } from "node:crypto";
import { keyedHash } from "../../middleware/keys.ts";
import { toBase64Url } from "../../protocol/ids.ts";
import type { Millis } from "../../protocol/model.ts";

/** The secret that signs, and the previous one, which still verifies. [TOKEN-2] */
interface Secrets {
  readonly JWT_SECRET: Uint8Array;
  readonly JWT_SECRET_PREVIOUS?: Uint8Array | undefined;
}

const PURPOSE = "nexo-im export link";
/** `<export_id>.<expiry in Unix seconds>.<128 bits of a keyed hash over both>` */
const FORM = /^([A-Za-z0-9_-]{22})\.(\d{1,11})\.([A-Za-z0-9_-]{22})$/;

/**
 * Makes the secret part of a link. The link alone is enough to download, as for a file, so that a browser can save the
 * export; therefore it is short-lived. [EXPORT-3]
 */
export async function linkOf({ JWT_SECRET }: Secrets, exportId: string, expiresAt: Millis): Promise<string> {
  const text = `${exportId}.${Math.floor(expiresAt / 1_000)}`;
  return `${text}.${await hashOf(JWT_SECRET, text)}`;
}

/** The export that a link opens now; null for a link that was not made here, or that has expired. */
export async function exportOf(secrets: Secrets, link: string, now: Millis): Promise<string | null> {
  const [, exportId = "", expiry = "", hash = ""] = FORM.exec(link) ?? [];
  if (exportId === "" || Number(expiry) * 1_000 <= now) return null;
  for (const secret of [secrets.JWT_SECRET, secrets.JWT_SECRET_PREVIOUS]) {
    if (secret && isSame(hash, await hashOf(secret, `${exportId}.${expiry}`))) return exportId;
  }
  return null;
}

async function hashOf(secret: Uint8Array, text: string): Promise<string> {
  return toBase64Url((await keyedHash(secret, PURPOSE, text)).subarray(0, 16));
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
