import { and, asc, desc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Millis } from "../protocol/model.ts";
import { hookLog, hooks } from "./admin-schema.ts";
import { inTime } from "./query.ts";

export type HookRow = typeof hooks.$inferSelect;
export type HookLogRow = typeof hookLog.$inferSelect;

/** The deliveries of an endpoint that are kept. [MEM-1] */
const KEPT_DELIVERIES = 100;

export async function listHooks(db: D1Database): Promise<HookRow[]> {
  return await inTime(drizzle(db).select().from(hooks).orderBy(asc(hooks.created_at)));
}

export async function findHook(db: D1Database, hookId: string): Promise<HookRow | undefined> {
  const [row] = await inTime(drizzle(db).select().from(hooks).where(eq(hooks.hook_id, hookId)));
  return row;
}

/** Adds an endpoint, unless there are as many as there may be. @returns whether it was added */
export async function insertHook(db: D1Database, row: HookRow, most: number): Promise<boolean> {
  const query = sql`
    INSERT INTO hooks (hook_id, url, types, batch, secret, previous_secret, previous_until, disabled, created_at)
    SELECT ${row.hook_id}, ${row.url}, ${row.types}, ${row.batch}, ${row.secret}, ${row.previous_secret},
      ${row.previous_until}, ${row.disabled}, ${row.created_at}
    WHERE (SELECT count(*) FROM hooks) < ${most} RETURNING hook_id`;
  return (await inTime(drizzle(db).all(query))).length > 0;
}

/** Changes an endpoint. @returns it after the change; undefined if there is none */
export async function updateHook(
  db: D1Database,
  hookId: string,
  changes: Partial<Omit<HookRow, "hook_id">>,
): Promise<HookRow | undefined> {
  const [row] = await inTime(drizzle(db).update(hooks).set(changes).where(eq(hooks.hook_id, hookId)).returning());
  return row;
}

export async function deleteHook(db: D1Database, hookId: string): Promise<boolean> {
  const client = drizzle(db);
  const [deleted] = await inTime(
    client.batch([
      client.delete(hooks).where(eq(hooks.hook_id, hookId)).returning(),
      client.delete(hookLog).where(eq(hookLog.hook_id, hookId)),
    ]),
  );
  return deleted.length > 0;
}

/** Disables an endpoint that said it is gone, unless its address was changed meanwhile. */
export async function disableHook(db: D1Database, { hook_id, url }: HookRow, reason: string): Promise<void> {
  await inTime(
    drizzle(db)
      .update(hooks)
      .set({ disabled: reason })
      .where(and(eq(hooks.hook_id, hook_id), eq(hooks.url, url))),
  );
}

/** Records deliveries, and forgets the oldest. */
export async function insertDeliveries(db: D1Database, entries: readonly Omit<HookLogRow, "id">[]): Promise<void> {
  if (entries.length === 0) return;
  const client = drizzle(db);
  const trims = [...new Set(entries.map(({ hook_id }) => hook_id))].map((hookId) =>
    client.delete(hookLog).where(
      sql`hook_id = ${hookId} AND id < (SELECT id FROM hook_log WHERE hook_id = ${hookId}
        ORDER BY id DESC LIMIT 1 OFFSET ${KEPT_DELIVERIES - 1})`,
    ),
  );
  // D1 takes a hundred parameters in a statement.
  const inserts = entries.map((entry) => client.insert(hookLog).values(entry));
  const [first, ...rest] = [...inserts, ...trims];
  if (first) await inTime(client.batch([first, ...rest]));
}

export async function listDeliveries(db: D1Database, hookId: string): Promise<HookLogRow[]> {
  return await inTime(
    drizzle(db)
      .select()
      .from(hookLog)
      .where(eq(hookLog.hook_id, hookId))
      .orderBy(desc(hookLog.id))
      .limit(KEPT_DELIVERIES),
  );
}

/** The secrets that sign now: the newest, and for a while the one before it. */
export function secretsOf({ secret, previous_secret, previous_until }: HookRow, now: Millis): string[] {
  return previous_until > now ? [secret, previous_secret] : [secret];
}
