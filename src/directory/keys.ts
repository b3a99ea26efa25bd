import { desc, eq, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys, audit } from "./admin-schema.ts";
import { inTime } from "./query.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type AuditRow = typeof audit.$inferSelect;

/** The newest entries of the audit that are kept. [MEM-1] */
const KEPT_ENTRIES = 1_000_000;
/** Old entries are deleted once in this many requests. */
const DELETE_EVERY = 1_000;

export async function findKey(db: D1Database, keyId: string): Promise<ApiKeyRow | undefined> {
  const [row] = await inTime(drizzle(db).select().from(apiKeys).where(eq(apiKeys.key_id, keyId)));
  return row;
}

/** Records what was done with a key. */
export async function insertAudit(db: D1Database, entry: Omit<AuditRow, "id">): Promise<void> {
  const [row] = await inTime(drizzle(db).insert(audit).values(entry).returning({ id: audit.id }));
  if (!row || row.id % DELETE_EVERY !== 0) return;
  await inTime(
    drizzle(db)
      .delete(audit)
      .where(lt(audit.id, row.id - KEPT_ENTRIES)),
  );
}

/** Entries before an id, newest first. */
export async function listAudit(db: D1Database, before: number, limit: number): Promise<AuditRow[]> {
  return await inTime(
    drizzle(db).select().from(audit).where(lt(audit.id, before)).orderBy(desc(audit.id)).limit(limit),
  );
}

/**
 * Counts for operators. Row numbers stand for the accounts and groups ever made: counting the rows would read all of
 * them each time.
 */
export async function countAll(db: D1Database): Promise<{ users: number; groups: number; keys: number }> {
  const query = sql`SELECT
    (SELECT coalesce(max(rowid), 0) FROM users) AS users,
    (SELECT coalesce(max(rowid), 0) FROM groups) AS groups,
    (SELECT count(*) FROM api_keys WHERE revoked_at = 0) AS keys`;
  const [counts] = await inTime(drizzle(db).all<{ users: number; groups: number; keys: number }>(query));
  return counts ?? { users: 0, groups: 0, keys: 0 };
}
