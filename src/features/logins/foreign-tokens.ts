import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { Issuer } from "../../issuers.ts";
import { detailOf, log } from "../../log.ts";
import { RESERVED_USERS } from "../../protocol/account-model.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { ID, toBase64Url } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { bytes, name } from "../../protocol/text.ts";

/** What a foreign token says about its user. */
export interface ForeignUser {
  readonly issuer: Issuer;
  readonly user_id: string;
  readonly nickname: string;
  readonly avatar: string;
}

/** Clocks of two servers differ by a few seconds. */
const TOLERANCE_SECONDS = 30;
/** A key set is read again when a token names an unknown key, but not more often than `cooldown`. [MEM-1] */
const KEYS = { timeout: 3_000, cooldown: 30_000, lasts: 600_000, bytes: 262_144 };
/** Ids that do not fit our form are hashed. No id that fits begins like that, or one user could name another. */
const HASHED = "h.";

const keySets = new WeakMap<Issuer, JWTVerifyGetKey>();
const nicknameSchema = name(1, LIMITS.nameCharacters);
const avatarSchema = bytes(0, LIMITS.profileTextBytes);

/**
 * Checks a token of another issuer: signature, algorithm, issuer, audience and expiry. [TRUST-1]
 * @throws NexoError FOREIGN_TOKEN with the reason; SHUTTING_DOWN while the issuer's keys cannot be read
 */
export async function verifyForeign(issuers: readonly Issuer[], token: string): Promise<ForeignUser> {
  const issuer = issuerOf(issuers, token);
  const payload = await verified(issuer, token);
  const id = payload[issuer.user_id_claim];
  if (typeof id !== "string" && typeof id !== "number") throw refused(`the claim ${issuer.user_id_claim} is missing`);
  const user_id = await userIdOf(issuer, String(id));
  const nickname = nicknameSchema.safeParse(payload[issuer.nickname_claim]);
  const avatar = avatarSchema.safeParse(payload[issuer.avatar_claim]);
  return {
    issuer,
    user_id,
    nickname: nickname.success ? nickname.data : user_id,
    avatar: avatar.success ? avatar.data : "",
  };
}

/** Chosen by an unverified claim: the key of that issuer decides whether the claim is true. */
function issuerOf(issuers: readonly Issuer[], token: string): Issuer {
  let claimed: string | undefined;
  try {
    claimed = decodeJwt(token).iss;
  } catch {
    throw refused("it is no JWT");
  }
  const issuer = issuers.find((one) => one.issuer === claimed);
  if (!issuer) throw refused("its issuer is not accepted here");
  return issuer;
}

async function verified(issuer: Issuer, token: string): Promise<JWTPayload> {
  const options = {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: [...issuer.algorithms],
    requiredClaims: ["exp"],
    clockTolerance: TOLERANCE_SECONDS,
  };
  if ("jwks_url" in issuer) {
    const check = () => jwtVerify(token, keySetOf(issuer, issuer.jwks_url), options);
    return (await check().catch((error: unknown) => explain(issuer, error))).payload;
  }
  let failed: unknown;
  for (const secret of issuer.secrets) {
    try {
      return (await jwtVerify(token, secret, options)).payload;
    } catch (error) {
      // Only a token whose signature is right has another fault.
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) return explain(issuer, error);
      failed = error;
    }
  }
  return explain(issuer, failed);
}

function keySetOf(issuer: Issuer, url: URL): JWTVerifyGetKey {
  const known = keySets.get(issuer);
  if (known) return known;
  const keySet = createRemoteJWKSet(url, {
    timeoutDuration: KEYS.timeout,
    cooldownDuration: KEYS.cooldown,
    cacheMaxAge: KEYS.lasts,
    [customFetch]: boundedFetch,
  });
  keySets.set(issuer, keySet);
  return keySet;
}

/** Fetches a key set, and no more of it than it may have. A redirect is not followed. */
async function boundedFetch(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: "manual" });
  if (response.status !== 200 || !response.body) return new Response(null, { status: 502 });
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body) {
    length += part.byteLength;
    if (length > KEYS.bytes) throw new Error(`the key set has more than ${KEYS.bytes} bytes`);
    parts.push(part);
  }
  return new Response(Buffer.concat(parts), { status: 200 });
}

/** What the token's faults are called, by the code of the error of jose. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: "it has expired",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "its signature is wrong",
  ERR_JOSE_ALG_NOT_ALLOWED: "its algorithm is not accepted here",
  ERR_JWKS_NO_MATCHING_KEY: "its issuer has no such key",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "it does not name its key",
  ERR_JWS_INVALID: "it is no signed JWT",
  ERR_JWT_INVALID: "it is no JWT",
  ERR_JOSE_NOT_SUPPORTED: "its algorithm is not accepted here",
};

function explain(issuer: Issuer, error: unknown): never {
  if (error instanceof errors.JWTClaimValidationFailed) throw refused(`its claim ${error.claim} is not accepted here`);
  const reason = error instanceof errors.JOSEError ? REASONS[error.code] : undefined;
  if (reason !== undefined) throw refused(reason);
  log("error", "issuer_keys_unreadable", { issuer: issuer.issuer, detail: detailOf(error) });
  throw new NexoError(Code.SHUTTING_DOWN, "the keys of the token's issuer cannot be read, try again");
}

/** The prefix of its issuer keeps a user apart from all others. [TRUST-2] */
async function userIdOf({ prefix }: Issuer, id: string): Promise<string> {
  const plain = prefix + id;
  const isPlain = ID.test(plain) && id !== "" && !id.startsWith(HASHED) && /[^.]/.test(plain);
  const userId = isPlain ? plain : `${prefix}${HASHED}${await hashOf(id)}`;
  if (RESERVED_USERS.has(userId)) throw refused(`${userId} is reserved`);
  return userId;
}

async function hashOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  // 42 characters, 252 bits: with prefix and mark that is at most 64.
  return toBase64Url(new Uint8Array(hash)).slice(0, 42);
}

function refused(reason: string): NexoError {
  return new NexoError(Code.FOREIGN_TOKEN, `token: ${reason}`);
}
