import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import type { Login } from "../durable/upgrade.ts";
import { RESERVED_USERS } from "../protocol/account-model.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { toBase64Url } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import { idSchema } from "../protocol/text.ts";
import { keyedHash } from "./keys.ts";

const ALGORITHM = "HS256";
/**
 * The issuer and the audience of these tokens. They tell them apart from tokens that another service signed with the
 * same secret. [TOKEN-1]
 */
const ISSUER = "nexo-im";
const AUDIENCE = "nexo-im";

/** The secret that signs, and the previous one, which still verifies. [TOKEN-2] */
export interface TokenSecrets {
  readonly JWT_SECRET: Uint8Array;
  readonly JWT_SECRET_PREVIOUS?: Uint8Array | undefined;
}

/** The claims of every token: user, platform, login, token. Times are in Unix seconds. */
const claimsSchema = z.object({
  sub: idSchema,
  pid: z.int().min(1).max(LIMITS.platforms),
  lid: z.string().min(1).max(64),
  jti: z.string().min(1).max(64),
  exp: z.int(),
});

/** Tokens of releases before `kid` have neither. They are accepted until they expire. */
const unnamedClaimsSchema = claimsSchema.extend({ iss: z.undefined().optional(), aud: z.undefined().optional() });

const keys = new WeakMap<Uint8Array, CryptoKey>();

/** The secret as a key, imported once for each isolate, not for each token. */
async function keyOf(secret: Uint8Array): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known) return known;
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign", "verify"]);
  // Stores the key and not its promise: a request must not wait for another request's promise.
  keys.set(secret, key);
  return key;
}

/** The name of a secret's key. It reveals nothing about the secret. */
async function keyIdOf(secret: Uint8Array): Promise<string> {
  const hash = await keyedHash(secret, "nexo-im token key id", "");
  return toBase64Url(hash.subarray(0, 9));
}

/** Signs a token. The same claims give the same token, byte for byte: a repeated refresh relies on it. */
export async function signToken(secret: Uint8Array, login: Login & { issued_at: number }): Promise<string> {
  return new SignJWT({ pid: login.platform_id, lid: login.login_id })
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid: await keyIdOf(secret) })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(login.user_id)
    .setJti(login.token_id)
    .setIssuedAt(login.issued_at)
    .setExpirationTime(login.exp)
    .sign(await keyOf(secret));
}

/** The number of verified tokens that an isolate remembers. Beyond it the oldest are verified again. [MEM-1] */
const MAX_VERIFIED = 1_000;
const verified = new WeakMap<TokenSecrets, Map<string, Login>>();
/**
 * The only accepted form of a token. Decoders skip spaces and padding, so one token could otherwise be remembered in
 * many forms.
 */
const SPELLING = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Verifies a token. Only the user's inbox knows whether its login is living. A valid signature stays valid, so each
 * isolate checks it once; the expiry is checked each time.
 * @throws NexoError TOKEN_EXPIRED if it has expired; TOKEN_INVALID if it is invalid otherwise
 */
export async function verifyToken(secrets: TokenSecrets, token: string): Promise<Login> {
  const known = verified.get(secrets) ?? new Map<string, Login>();
  verified.set(secrets, known);
  const login = known.get(token);
  if (!login) return remember(known, token, await verify(secrets, token));
  if (login.exp <= Date.now() / 1_000) throw new NexoError(Code.TOKEN_EXPIRED);
  return login;
}

function remember(known: Map<string, Login>, token: string, login: Login): Login {
  const [oldest] = known.keys();
  if (known.size >= MAX_VERIFIED && oldest !== undefined) known.delete(oldest);
  known.set(token, login);
  return login;
}

async function verify(secrets: TokenSecrets, token: string): Promise<Login> {
  if (!SPELLING.test(token)) throw new NexoError(Code.TOKEN_INVALID);
  try {
    const { kid } = decodeProtectedHeader(token);
    return kid === undefined ? await verifyUnnamed(secrets, token) : await verifyNamed(secrets, token, kid);
  } catch (error) {
    throw new NexoError(error instanceof errors.JWTExpired ? Code.TOKEN_EXPIRED : Code.TOKEN_INVALID);
  }
}

/** A token that names its key. */
async function verifyNamed(secrets: TokenSecrets, token: string, keyId: string): Promise<Login> {
  for (const secret of secretsOf(secrets)) {
    if (keyId !== (await keyIdOf(secret))) continue;
    const named = { ...REQUIRED, issuer: ISSUER, audience: AUDIENCE };
    const { payload } = await jwtVerify(token, await keyOf(secret), named);
    return loginOf(claimsSchema.parse(payload));
  }
  throw new NexoError(Code.TOKEN_INVALID);
}

/** A token of a release before keys had names: tried with each of the secrets. */
async function verifyUnnamed(secrets: TokenSecrets, token: string): Promise<Login> {
  let failed: unknown;
  for (const secret of secretsOf(secrets)) {
    try {
      const { payload } = await jwtVerify(token, await keyOf(secret), REQUIRED);
      return loginOf(unnamedClaimsSchema.parse(payload));
    } catch (error) {
      // A token counts as expired only if its signature is valid.
      failed = error instanceof errors.JWTExpired ? error : (failed ?? error);
    }
  }
  throw failed;
}

const REQUIRED = { algorithms: [ALGORITHM], requiredClaims: ["exp"] };

function secretsOf({ JWT_SECRET, JWT_SECRET_PREVIOUS }: TokenSecrets): Uint8Array[] {
  return JWT_SECRET_PREVIOUS ? [JWT_SECRET, JWT_SECRET_PREVIOUS] : [JWT_SECRET];
}

function loginOf({ sub, pid, lid, jti, exp }: z.output<typeof claimsSchema>): Login {
  // An account with this id may have been made before the id was reserved.
  if (RESERVED_USERS.has(sub)) throw new NexoError(Code.TOKEN_INVALID);
  return { user_id: sub, platform_id: pid, login_id: lid, token_id: jti, exp };
}
