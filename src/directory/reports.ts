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
