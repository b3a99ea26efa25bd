import { Hono } from "hono";
import { countAll, listAudit } from "../../directory/keys.ts";
import type { Env } from "../../env.ts";
import type { AppEnv } from "../../middleware/context.ts";
import type { Handlers } from "../../middleware/route.ts";
import { LIMITS } from "../../protocol/limits.ts";

/** Counts, and what was done with keys. */
export const adminNumberRoutes: Pick<Handlers, "GET /admin/audit" | "GET /admin/stats"> = {
  "GET /admin/audit": async ({ query: { before = Number.MAX_SAFE_INTEGER } }, c) =>
    await listAudit(c.env.DB, before, LIMITS.auditEntries),
  "GET /admin/stats": async (_, c) => await countAll(c.env.DB),
};

/** The names of the numbers and what they mean, as Prometheus shows them. */
const HELP: Readonly<Record<string, string>> = {
  users: "Accounts that were ever made",
  groups: "Groups that were ever made",
  keys: "Keys of the server API that are not revoked",
};

/** The counts in the text format of Prometheus 0.0.4. Other numbers are in Workers Analytics Engine. */
export const metricsRoute = new Hono<AppEnv>().get("/", async (c) =>
  c.body(await metricsText(c.env), 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }),
);

async function metricsText(env: Env): Promise<string> {
  const lines = Object.entries(await countAll(env.DB)).map(([name, value]) => {
    const metric = `nexo_${name}`;
    return `# HELP ${metric} ${HELP[name] ?? name}\n# TYPE ${metric} gauge\n${metric} ${value}\n`;
  });
  return lines.join("");
}
