import { and, asc, eq, gt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { jobs } from "./admin-schema.ts";
import { inTime } from "./query.ts";
import { users } from "./schema.ts";

export type JobRow = typeof jobs.$inferSelect;

/** Adds a job, unless it is there already. */
export async function insertJob(db: D1Database, job: JobRow): Promise<void> {
  await inTime(drizzle(db).insert(jobs).values(job).onConflictDoNothing());
}

export async function findJob(db: D1Database, jobId: string): Promise<JobRow | undefined> {
  const [row] = await inTime(drizzle(db).select().from(jobs).where(eq(jobs.job_id, jobId)));
  return row;
}

/** Records a step. @returns false if another run of the same step was first */
export async function turnPage(
  db: D1Database,
  { job_id, cursor: before }: JobRow,
  { cursor, sent, failed, is_done }: Pick<JobRow, "cursor" | "sent" | "failed" | "is_done">,
): Promise<boolean> {
  const change = { cursor, is_done, sent: sql`sent + ${sent}`, failed: sql`failed + ${failed}` };
  const where = and(eq(jobs.job_id, job_id), eq(jobs.cursor, before), eq(jobs.is_done, 0));
  return (await inTime(drizzle(db).update(jobs).set(change).where(where).returning({ id: jobs.job_id }))).length > 0;
}

/** Ids of users after one, in order. */
export async function usersAfter(db: D1Database, after: string, limit: number): Promise<string[]> {
  const query = drizzle(db)
    .select({ user_id: users.user_id })
    .from(users)
    .where(and(gt(users.user_id, after), eq(users.erased_at, 0)))
    .orderBy(asc(users.user_id))
    .limit(limit);
  return (await inTime(query)).map(({ user_id }) => user_id);
}
