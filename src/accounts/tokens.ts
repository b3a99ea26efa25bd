import { errors, jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import type { Login } from "../domain/calls.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { idSchema } from "../protocol/text.ts";

const ALGORITHM = "HS256";

/** What a token says: user, platform, login, token. Times in Unix seconds. */
const claimsSchema = z.object({
  sub: idSchema,
  pid: z.int().min(1).max(5),
  lid: z.string().min(1).max(64),
  jti: z.string().min(1).max(64),
  exp: z.int(),
});

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

/** Signs a token. The same claims give the same token, to the byte: a repeated refresh relies on it. */
export async function signToken(secret: Uint8Array, login: Login & { issued_at: number }): Promise<string> {
  return new SignJWT({ pid: login.platform_id, lid: login.login_id })
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setSubject(login.user_id)
    .setJti(login.token_id)
    .setIssuedAt(login.issued_at)
    .setExpirationTime(login.exp)
    .sign(await keyOf(secret));
}

/** Tokens that an isolate remembers as verified; past it those it met first are verified anew. [MEM-1] */
const MAX_VERIFIED = 1_000;
const verified = new WeakMap<Uint8Array, Map<string, Login>>();
/** As tokens are signed. Decoders skip spaces and padding, so that one token would be remembered in many spellings. */
const SPELLING = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Reads a token. Whether its login still lives only the user's inbox knows.
 * A signature stays right, so it is looked at once for each isolate; the time is looked at each time.
 * @throws NexoError TOKEN_EXPIRED; TOKEN_INVALID for anything else that is wrong with it
 */
export async function verifyToken(secret: Uint8Array, token: string): Promise<Login> {
  const known = verified.get(secret) ?? new Map<string, Login>();
  verified.set(secret, known);
  const login = known.get(token);
  if (!login) return remember(known, token, await verify(secret, token));
  if (login.exp <= Date.now() / 1_000) throw new NexoError(Code.TOKEN_EXPIRED);
  return login;
}

function remember(known: Map<string, Login>, token: string, login: Login): Login {
  const [oldest] = known.keys();
  if (known.size >= MAX_VERIFIED && oldest !== undefined) known.delete(oldest);
  known.set(token, login);
  return login;
}

async function verify(secret: Uint8Array, token: string): Promise<Login> {
  if (!SPELLING.test(token)) throw new NexoError(Code.TOKEN_INVALID);
  try {
    const { payload } = await jwtVerify(token, await keyOf(secret), {
      algorithms: [ALGORITHM],
      requiredClaims: ["exp"],
    });
    const { sub, pid, lid, jti, exp } = claimsSchema.parse(payload);
    return { user_id: sub, platform_id: pid, login_id: lid, token_id: jti, exp };
  } catch (error) {
    throw new NexoError(error instanceof errors.JWTExpired ? Code.TOKEN_EXPIRED : Code.TOKEN_INVALID);
  }
}
