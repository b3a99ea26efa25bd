import { and, desc, eq, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { inTime } from "./query.ts";
import { reports } from "./schema.ts";

/** Stores a report. A repeat about the same message or user replaces its text. @returns the id of the report */
export async function putReport(db: D1Database, report: typeof reports.$inferInsert): Promise<string> {
  const { reason, text, context, created_at } = report;
  const target = [reports.reporter_id, reports.user_id, reports.conversation_id, reports.seq];
  const set = { reason, text, context, created_at, state: "open" };
  const query = drizzle(db).insert(reports).values(report).onConflictDoUpdate({ target, set });
  const [row] = await inTime(query.returning({ report_id: reports.report_id }));
  return row?.report_id ?? report.report_id;
}

/** The reports that a user made, as they made them. */
export async function listReportsOf(db: D1Database, reporterId: string) {
  const { user_id, conversation_id, seq, reason, text, created_at } = reports;
  const query = drizzle(db).select({ user_id, conversation_id, seq, reason, text, created_at }).from(reports);
  return await inTime(query.where(eq(reports.reporter_id, reporterId)).orderBy(reports.created_at));
}

export type ReportRow = typeof reports.$inferSelect;

/** Reports before a time, newest first. @param state "" for all */
export async function listReports(db: D1Database, state: string, before: number, limit: number): Promise<ReportRow[]> {
  const isOlder = lt(reports.created_at, before);
  const where = state === "" ? isOlder : and(eq(reports.state, state), isOlder);
  return await inTime(drizzle(db).select().from(reports).where(where).orderBy(desc(reports.created_at)).limit(limit));
}

/** Records what a moderator made of a report. @returns the report; undefined if there is none */
export async function updateReport(db: D1Database, reportId: string, state: string): Promise<ReportRow | undefined> {
  const query = drizzle(db).update(reports).set({ state }).where(eq(reports.report_id, reportId)).returning();
  const [row] = await inTime(query);
  return row;
}
