import { timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { type ApiKeyRow, findKey, insertAudit } from "../directory/keys.ts";
import { detailOf, log } from "../log.ts";
import type { Scope } from "../protocol/admin-routes.ts";
import { Code, errorCode, NexoError } from "../protocol/codes.ts";
import { bearerToken } from "./authenticate.ts";
import type { AppEnv } from "./context.ts";
import { floodLimit } from "./flood.ts";

/** The form of a key: its id, and 256 random bits in base64url. */
const KEY = /^nxk_([a-z0-9]{12})_[\w-]{43}$/;
/** For how long an isolate trusts what D1 said of a key: a revoked key stops working within this time. [KEY-1] */
const REMEMBERED = 30_000;
/** The number of keys that an isolate remembers, known and unknown ones. [MEM-1] */
const MAX_REMEMBERED = 1_000;

interface Remembered {
  readonly row: ApiKeyRow | undefined;
  readonly at: number;
}

const remembered = new WeakMap<object, Map<string, Remembered>>();

/**
 * Accepts only requests with a key of the server API that has the scope, within the rate of the key, and records each
 * of them in the audit. [KEY-1] [KEY-2]
 */
export function keyed(scope: Scope) {
  return createMiddleware<AppEnv>(async function keyedMiddleware(c, next) {
    const key = await verifiedKey(c);
    await floodLimit(c, "ADMIN_LIMIT", key.key_id);
    let code: number = Code.INTERNAL;
    try {
      const scopes = key.scopes.split(",");
      if (!scopes.includes(scope) && !scopes.includes("all")) {
        throw new NexoError(Code.FORBIDDEN, `this key lacks the scope ${scope}`);
      }
      await next();
      code = c.get("code");
    } catch (error) {
      code = errorCode(error) ?? Code.INTERNAL;
      throw error;
    } finally {
      // Numbers are read every few seconds: recording that would hide everything else.
      if (c.req.path !== "/metrics") await record(c, key.key_id, code);
    }
  });
}

/** @throws NexoError TOKEN_MISSING, TOKEN_INVALID, TOO_MANY_REQUESTS for an address that tries too many keys */
async function verifiedKey(c: Context<AppEnv>): Promise<ApiKeyRow> {
  const key = bearerToken(c.req.header("Authorization"));
  if (key === undefined) throw new NexoError(Code.TOKEN_MISSING);
  const keyId = KEY.exec(key)?.[1];
  const row = keyId === undefined ? undefined : await lookedUp(c, keyId);
  if (row?.revoked_at !== 0 || !(await isKeyOf(row, key))) {
    log("warn", "key_refused", { request_id: c.get("requestId"), key: keyId });
    throw new NexoError(Code.TOKEN_INVALID, "this is not a valid key");
  }
  return row;
}

async function lookedUp(c: Context<AppEnv>, keyId: string): Promise<ApiKeyRow | undefined> {
  const known = remembered.get(c.env) ?? new Map<string, Remembered>();
  remembered.set(c.env, known);
  const now = Date.now();
  const last = known.get(keyId);
  if (last && now - last.at < REMEMBERED) return last.row;
  // Otherwise any number of made-up keys could ask D1.
  if (!last?.row) await floodLimit(c, "LOGIN_LIMIT");
  const row = await findKey(c.env.DB, keyId);
  const [oldest] = known.keys();
  if (known.size >= MAX_REMEMBERED && oldest !== undefined) known.delete(oldest);
  known.delete(keyId);
  known.set(keyId, { row, at: now });
  return row;
}

async function isKeyOf(row: ApiKeyRow, key: string): Promise<boolean> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  const expected = Buffer.from(row.hash, "hex");
  return expected.byteLength === hash.byteLength && timingSafeEqual(new Uint8Array(hash), expected);
}

/** A request that cannot be recorded was still made: the log has it then. */
async function record(c: Context<AppEnv>, key_id: string, code: number): Promise<void> {
  const { method, path } = c.req;
  const target = await targetOf(c);
  const entry = { at: Date.now(), key_id, method, path, target, code, request_id: c.get("requestId") };
  try {
    await insertAudit(c.env.DB, entry);
  } catch (error) {
    log("error", "audit_failed", { ...entry, detail: detailOf(error) });
  }
}

const NAMES = ["user_id", "group_id", "conversation_id", "seq", "seqs", "sender_id", "recv_id", "hook_id", "url"];
const MAX_TARGET = 300;

/** The ids in the body of a request, as `name=value`. Texts and passwords are not recorded. */
async function targetOf(c: Context<AppEnv>): Promise<string> {
  const body: unknown = await Promise.resolve(c.req.bodyCache.text ?? "null")
    .then((text) => JSON.parse(text))
    .catch(nothing);
  if (typeof body !== "object" || body === null) return "";
  const named = NAMES.flatMap((name) => {
    const value: unknown = Reflect.get(body, name);
    const isNamed = typeof value === "number" || (typeof value === "string" && value !== "") || Array.isArray(value);
    return isNamed ? [`${name}=${value}`] : [];
  });
  return named.join(" ").slice(0, MAX_TARGET);
}

function nothing(): null {
  return null;
}
