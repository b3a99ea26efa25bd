import { findJob, insertJob, type JobRow, turnPage, usersAfter } from "../../directory/jobs.ts";
import { unknownUsers } from "../../directory/users.ts";
import type { Env } from "../../env.ts";
import { log } from "../../log.ts";
import type { Handlers } from "../../middleware/route.ts";
import { SYSTEM_USER } from "../../protocol/account-model.ts";
import { Code, errorCode, NexoError } from "../../protocol/codes.ts";
import { checkContent } from "../../protocol/content.ts";
import { randomId, singleConversationId } from "../../protocol/ids.ts";
import { sendAs } from "./send-as.ts";

/** Users of one step, and how many of them at the same time. A Worker can make 1,000 calls on the smallest plan. */
const PAGE = 100;
const AT_ONCE = 6;

/** Announcements from `system`, sent by a queue in steps. */
export const broadcastRoutes: Pick<Handlers, "POST /admin/broadcast" | "GET /admin/jobs/:job_id"> = {
  "POST /admin/broadcast": async ({ body: { job_id = randomId(), user_ids, all, msg_type, content } }, c) => {
    const queue = c.env.JOBS;
    if (!queue) throw new NexoError(Code.NOT_FOUND, "broadcasts are off: there is no queue JOBS");
    if ((user_ids === undefined) === !all) {
      throw new NexoError(Code.INVALID_PARAMETER, "user_ids: give either user_ids or all: true");
    }
    const json = checkContent(msg_type, content, { json: await c.req.text(), under: "top" });
    const names = user_ids && [...new Set(user_ids)].sort();
    const job: JobRow = {
      job_id,
      msg_type,
      content: json,
      user_ids: names ? JSON.stringify(names) : "",
      cursor: "",
      sent: 0,
      failed: 0,
      is_done: 0,
      created_at: Date.now(),
    };
    // A repeat of the same job starts it again where it stands; what was sent is not sent twice.
    await insertJob(c.env.DB, job);
    await queue.send(job_id, { contentType: "text" });
    return viewOf(existing(await findJob(c.env.DB, job_id)));
  },

  "GET /admin/jobs/:job_id": async ({ params: { job_id } }, c) => viewOf(existing(await findJob(c.env.DB, job_id))),
};

/**
 * Carries out a step of each job in a batch of the queue, and puts it back for the next one. A step can run twice: the
 * same client_msg_id makes one message, and only one of two runs turns the page. [HOOK-6]
 * @throws while D1 or a conversation cannot be reached; the queue then repeats the step
 */
export async function runJobs(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  for (const { body } of batch.messages) {
    const job = await findJob(env.DB, String(body));
    if (job?.is_done !== 0) continue;
    const page = job.user_ids === "" ? await usersAfter(env.DB, job.cursor, PAGE) : named(job);
    const { sent, failed } = await sendToAll(env, job, page);
    const cursor = page.at(-1) ?? job.cursor;
    const isDone = page.length < PAGE;
    const isTurned = await turnPage(env.DB, job, { cursor, sent, failed, is_done: isDone ? 1 : 0 });
    if (isTurned && !isDone) await env.JOBS?.send(job.job_id, { contentType: "text" });
  }
}

function named({ user_ids, cursor }: JobRow): string[] {
  const all: string[] = JSON.parse(user_ids);
  return all.filter((id) => id > cursor).slice(0, PAGE);
}

async function sendToAll(env: Env, job: JobRow, users: readonly string[]): Promise<{ sent: number; failed: number }> {
  const unknown = new Set(await unknownUsers(env.DB, users));
  const known = users.filter((id) => !unknown.has(id) && id !== SYSTEM_USER);
  let sent = 0;
  for (let at = 0; at < known.length; at += AT_ONCE) {
    const results = await Promise.all(known.slice(at, at + AT_ONCE).map((userId) => sendTo(env, job, userId)));
    sent += results.filter(Boolean).length;
  }
  const addressed = users.filter((id) => id !== SYSTEM_USER).length;
  return { sent, failed: addressed - sent };
}

/** @returns whether the user got it. @throws if the conversation cannot be reached */
async function sendTo(env: Env, { job_id, msg_type, content }: JobRow, userId: string): Promise<boolean> {
  const message = { sender_id: SYSTEM_USER, client_msg_id: `job-${job_id}`, msg_type, content };
  try {
    await sendAs(env, singleConversationId(SYSTEM_USER, userId), message);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined || code === Code.INTERNAL || code === Code.SHUTTING_DOWN) throw error;
    log("warn", "broadcast_refused", { job: job_id, user: userId, code });
    return false;
  }
}

function viewOf({ job_id, sent, failed, is_done, created_at }: JobRow) {
  return { job_id, sent, failed, is_done: is_done !== 0, created_at };
}

/** @throws NexoError NOT_FOUND */
function existing(job: JobRow | undefined): JobRow {
  if (!job) throw new NexoError(Code.NOT_FOUND, "there is no such job");
  return job;
}
