import { listReports, type ReportRow, updateReport } from "../../directory/reports.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";

/** Reports of users, for moderators. */
export const adminReportRoutes: Pick<Handlers, "GET /admin/reports" | "PUT /admin/reports/:report_id"> = {
  "GET /admin/reports": async ({ query: { state = "", before = Number.MAX_SAFE_INTEGER } }, c) =>
    (await listReports(c.env.DB, state, before, LIMITS.auditEntries)).map(viewOf),

  "PUT /admin/reports/:report_id": async ({ params: { report_id }, body: { state } }, c) => {
    const report = await updateReport(c.env.DB, report_id, state);
    if (!report) throw new NexoError(Code.NOT_FOUND, "there is no such report");
    return viewOf(report);
  },
};

function viewOf({ context, ...report }: ReportRow) {
  const messages: Record<string, unknown>[] = JSON.parse(context);
  return { ...report, messages };
}
