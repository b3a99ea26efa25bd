import { createHash, randomBytes, randomInt } from "node:crypto";
import { SCOPES } from "../src/protocol/admin-routes.ts";

/** What the command line asks for. */
export interface KeyRequest {
  readonly scope?: string | undefined;
  readonly note?: string | undefined;
  readonly revoke?: string | undefined;
  readonly list?: boolean | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** A statement for D1, and what to print of its result. */
interface KeyCommand {
  readonly sql: string;
  readonly say: (rows: readonly Row[]) => string;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const KEY_ID = /^[a-z0-9]{12}$/;

/** Makes, revokes or lists keys of the server API. @throws Error for a wrong request */
export function keyCommand({ scope, note = "", revoke, list }: KeyRequest, now: number): KeyCommand {
  if (list) {
    const sql = "SELECT key_id, scopes, note, created_at, revoked_at FROM api_keys ORDER BY created_at";
    return { sql, say: (rows) => rows.map(lineOf).join("\n") || "There are no keys." };
  }
  if (revoke !== undefined) return revoked(revoke, now);
  return made(scope, note, now);
}

function lineOf({ key_id, scopes, note, created_at, revoked_at }: Row): string {
  const state = revoked_at === 0 ? "valid" : `revoked ${new Date(Number(revoked_at)).toISOString()}`;
  return [key_id, scopes, new Date(Number(created_at)).toISOString(), state, note].join("  ");
}

function revoked(keyId: string, now: number): KeyCommand {
  if (!KEY_ID.test(keyId)) throw new Error("--revoke: must be a key_id, as --list shows it");
  const sql = `UPDATE api_keys SET revoked_at = ${now} WHERE key_id = '${keyId}' AND revoked_at = 0 RETURNING key_id`;
  const say = (rows: readonly Row[]) =>
    rows.length > 0 ? `Revoked ${keyId}. It stops working within a minute.` : `There is no valid key ${keyId}.`;
  return { sql, say };
}

function made(scope: string | undefined, note: string, now: number): KeyCommand {
  const scopes = (scope ?? "").split(",").map((name) => name.trim());
  const unknown = scopes.filter((name) => !SCOPES.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`--scope: must be one or more of ${SCOPES.join(",")}`);
  const { key, sql } = newKey(scopes, note, now);
  const say = () =>
    `${key}\nScopes: ${scopes.join(", ")}. The key is shown only now: store it where your backend reads its secrets.`;
  return { sql, say };
}

/** A new key, and the statement that makes D1 accept it. */
export function newKey(scopes: readonly string[], note: string, now: number): { key: string; sql: string } {
  const keyId = Array.from({ length: 12 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  const key = `nxk_${keyId}_${randomBytes(32).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest("hex");
  const values = [keyId, hash, scopes.join(","), note].map((text) => `'${text.replaceAll("'", "''")}'`);
  const sql = `INSERT INTO api_keys (key_id, hash, scopes, note, created_at) VALUES (${values.join(", ")}, ${now})`;
  return { key, sql };
}
