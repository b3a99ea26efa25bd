import * as z from "zod";

/**
 * The issuers of foreign logins, as the setting LOGIN_ISSUERS has them: a JSON list. It is a secret if it has shared
 * secrets in it. docs/SETTINGS.md explains each field.
 */

const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] as const;
const SYMMETRIC = ["HS256", "HS384", "HS512"] as const;
const MIN_SECRET_BYTES = 32;

const secret = z
  .string()
  .transform((text) => new TextEncoder().encode(text))
  .refine((bytes) => bytes.byteLength >= MIN_SECRET_BYTES, `must have at least ${MIN_SECRET_BYTES} bytes`);

const claim = z.string().min(1).max(128);
const common = {
  issuer: z.string().min(1).max(2_048),
  audience: z.string().min(1).max(2_048),
  prefix: z.string().regex(/^[A-Za-z0-9_.-]{0,20}$/, "must be 0 to 20 of A-Z a-z 0-9 _ . -"),
  user_id_claim: claim.default("sub"),
  nickname_claim: claim.default("name"),
  avatar_claim: claim.default("picture"),
  /** Whether accounts that have a password may also be entered with a token of this issuer. */
  joins_passwords: z.boolean().default(false),
};

// A key of the wrong kind must never meet an algorithm: a public key used as an HMAC secret would verify any forgery.
const issuer = z.union([
  z.strictObject({
    ...common,
    jwks_url: z.url({ protocol: /^https$/, hostname: z.regexes.domain }).transform((url) => new URL(url)),
    algorithms: z.array(z.enum(ASYMMETRIC)).min(1).default(["RS256", "ES256"]),
  }),
  z.strictObject({
    ...common,
    secrets: z.array(secret).min(1).max(5),
    algorithms: z.array(z.enum(SYMMETRIC)).min(1).default(["HS256"]),
  }),
]);

/** An issuer whose tokens `POST /auth/exchange` accepts. */
export type Issuer = z.output<typeof issuer>;

/** The setting LOGIN_ISSUERS, parsed. */
export const issuersSetting = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "must be a JSON list" });
      return z.NEVER;
    }
  })
  .pipe(z.array(issuer).max(20))
  .refine((all) => new Set(all.map(({ issuer }) => issuer)).size === all.length, "must name each issuer once")
  .refine(
    (all) => new Set(all.map(({ prefix }) => prefix)).size === all.length,
    "must give each issuer its own prefix",
  );
