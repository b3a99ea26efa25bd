import { type Context, Hono } from "hono";
import { askObject } from "../../core/rpc.ts";
import { withDeadline } from "../../deadline.ts";
import { type Env, settingsOf } from "../../env.ts";
import { detailOf, log } from "../../log.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { ok } from "../../middleware/envelope.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { objectReady } from "./calls.ts";

/** For how long an isolate repeats its last result, so that frequent checks cost nothing. [WIRE-7] */
const REMEMBERED = 5_000;
const PATIENCE = 2_000;
/** No user has an id with a colon. An object that is only read stores nothing. [SEND-7] */
const NOBODY = ":ready";

/** The parts that do not work, "" when all work, and the time of the check. */
interface Finding {
  readonly failed: string;
  readonly at: number;
}

const found = new WeakMap<object, Finding>();

/** Whether the service works: 503 with the failing parts. It is for monitoring; clients do not need it. */
export const readyRoute = new Hono<AppEnv>().get("/", async (c) => {
  const { failed } = await lookedAt(c);
  if (failed !== "") throw new NexoError(Code.SHUTTING_DOWN, `not ready: ${failed}`);
  return ok(c, { status: "ready" });
});

async function lookedAt(c: Context<AppEnv>): Promise<Finding> {
  const last = found.get(c.env);
  const now = Date.now();
  if (last && now - last.at < REMEMBERED) return last;
  // Requests during this check get the previous result.
  if (last) found.set(c.env, { ...last, at: now });
  // Without valid settings no object starts.
  const wrong = await failing(c, "settings", settingsOf);
  const parts = wrong === null ? Object.entries(PARTS) : [];
  const failed = [wrong, ...(await Promise.all(parts.map(([what, check]) => failing(c, what, check))))];
  const finding = { failed: failed.filter((what) => what !== null).join(", "), at: now };
  found.set(c.env, finding);
  return finding;
}

const PARTS: Readonly<Record<string, (env: Env) => unknown>> = {
  // This reads a table, so that missing migrations are detected.
  database: (env) => env.DB.prepare("SELECT 1 FROM users LIMIT 1").first(),
  objects: (env) => askObject(env.INBOX.getByName(NOBODY), objectReady, null),
};

/** The name of the check if it fails, or null. The reason is logged. */
async function failing(c: Context<AppEnv>, what: string, check: (env: Env) => unknown): Promise<string | null> {
  try {
    await withDeadline(Promise.resolve(check(c.env)), PATIENCE);
    return null;
  } catch (error) {
    log("error", "not_ready", { request_id: c.get("requestId"), what, detail: detailOf(error) });
    return what;
  }
}
