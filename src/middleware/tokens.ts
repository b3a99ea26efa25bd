import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import type { Login } from "../durable/upgrade.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { toBase64Url } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import { idSchema } from "../protocol/text.ts";
import { keyedHash } from "./keys.ts";

const ALGORITHM = "HS256";
/** Who makes these tokens, and for whom: what another service signed with the same secret is none of them. [TOKEN-1] */
const ISSUER = "nexo-im";
const AUDIENCE = "nexo-im";

/** The secret that signs, and the one before it, which still verifies. [TOKEN-2] */
export interface TokenSecrets {
  readonly JWT_SECRET: Uint8Array;
  readonly JWT_SECRET_PREVIOUS?: Uint8Array | undefined;
}

/** What every token says: user, platform, login, token. Times in Unix seconds. */
const claimsSchema = z.object({
  sub: idSchema,
  pid: z.int().min(1).max(LIMITS.platforms),
  lid: z.string().min(1).max(64),
  jti: z.string().min(1).max(64),
  exp: z.int(),
});

/** Tokens of releases before `kid` say neither; they are good until they expire. */
const unnamedClaimsSchema = claimsSchema.extend({ iss: z.undefined().optional(), aud: z.undefined().optional() });

const keys = new WeakMap<Uint8Array, CryptoKey>();

/** The secret as a key, imported once for each isolate and not for each token. */
async function keyOf(secret: Uint8Array): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known) return known;
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign", "verify"]);
  // The key and not its promise: a request must not wait for another's.
  keys.set(secret, key);
  return key;
}

/** The name of a secret's key: whoever reads it learns nothing of the secret. */
async function keyIdOf(secret: Uint8Array): Promise<string> {
  const hash = await keyedHash(secret, "nexo-im token key id", "");
  return toBase64Url(hash.subarray(0, 9));
}

/** Signs a token. The same claims give the same token, to the byte: a repeated refresh relies on it. */
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

/** Tokens that an isolate remembers as verified; past it those it met first are verified anew. [MEM-1] */
const MAX_VERIFIED = 1_000;
const verified = new WeakMap<TokenSecrets, Map<string, Login>>();
/** As tokens are signed. Decoders skip spaces and padding, so that one token would be remembered in many spellings. */
const SPELLING = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Reads a token. Whether its login still lives only the user's inbox knows.
 * A signature stays right, so it is looked at once for each isolate; the time is looked at each time.
 * @throws NexoError TOKEN_EXPIRED; TOKEN_INVALID for anything else that is wrong with it
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

/** A token of a release before keys were named: by any of the secrets. */
async function verifyUnnamed(secrets: TokenSecrets, token: string): Promise<Login> {
  let failed: unknown;
  for (const secret of secretsOf(secrets)) {
    try {
      const { payload } = await jwtVerify(token, await keyOf(secret), REQUIRED);
      return loginOf(unnamedClaimsSchema.parse(payload));
    } catch (error) {
      // Only a right signature makes a token an expired one.
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
  return { user_id: sub, platform_id: pid, login_id: lid, token_id: jti, exp };
}
