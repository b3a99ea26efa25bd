import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { runJobs } from "../../../src/features/messages/broadcast.ts";
import { ok } from "../../helpers/workers/api.ts";
import { conversationFails } from "../../helpers/workers/faults.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { eventually } from "../../helpers/workers/objects.ts";
import { people } from "../../helpers/workers/people.ts";

interface Job {
  job_id: string;
  sent: number;
  failed: number;
  is_done: boolean;
}

const queued: string[] = [];
const queue = { send: async (body: string) => void queued.push(body) };
Object.assign(env, { JOBS: queue });
const key = await makeKey("messages");
let isOut = false;
conversationFails("append", () => isOut);
afterEach(() => {
  queued.length = 0;
  isOut = false;
});

const broadcast = (body: object) =>
  key.post<Job>("/admin/broadcast", { msg_type: 1, content: { text: "to all" }, ...body });
const run = (bodies: string[]) =>
  runJobs(
    createMessageBatch(
      "nexo-im-jobs",
      bodies.map((body, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body })),
    ),
    env,
  );
const jobOf = async (id: string) => ok(await key.get<Job>(`/admin/jobs/${id}`));

/** Runs the steps of all jobs, each of them as often as given. */
async function drain(times = 1): Promise<void> {
  while (queued.length > 0) {
    const [body = ""] = queued.splice(0, 1);
    await run(Array.from({ length: times }, () => body));
  }
}

test("[HOOK-6] reaches the named users once, though the queue delivers twice and the backend repeats", async () => {
  const [alice, bob] = await people("alice", "bob");
  const body = { job_id: "job-1", user_ids: [alice.id, bob.id, alice.id, "nobody", "system"] };
  expect(ok(await broadcast(body))).toMatchObject({ job_id: "job-1", sent: 0, is_done: false });
  await drain(2);
  expect(await jobOf("job-1")).toMatchObject({ sent: 2, failed: 1, is_done: true });
  ok(await broadcast(body));
  await drain();
  for (const one of [alice, bob]) {
    await eventually(async () => expect((await one.list()).map(({ unread_count }) => unread_count)).toEqual([1]));
    expect((await one.pull(one.chatWith({ id: "system" }))).messages).toMatchObject([
      { sender_id: "system", content: { text: "to all" } },
    ]);
  }
  expect(await jobOf("job-1")).toMatchObject({ sent: 2, failed: 1, is_done: true });
});

test("[HOOK-6] to all goes page by page, and goes on after a failure in the middle", async () => {
  await env.DB.batch(
    Array.from({ length: 230 }, (_, at) =>
      env.DB.prepare("INSERT INTO users (user_id, nickname, password_hash, created_at) VALUES (?, 'N', '', 0)").bind(
        `many-${at}`,
      ),
    ),
  );
  const { job_id } = ok(await broadcast({ all: true }));
  const [step = ""] = queued.splice(0);
  await run([step]);
  const first = await jobOf(job_id);
  expect(first).toMatchObject({ is_done: false });
  expect(first.sent).toBeGreaterThan(90);
  isOut = true;
  await expect(run([step])).rejects.toThrow();
  expect(await jobOf(job_id)).toEqual(first);
  isOut = false;
  await drain();
  const count = await env.DB.prepare("SELECT count(*) AS users FROM users WHERE user_id <> 'system'").first<number>(
    "users",
  );
  expect(await jobOf(job_id)).toMatchObject({ sent: count, failed: 0, is_done: true });
});

test.each<[string, object]>([
  ["nobody", {}],
  ["some and all", { user_ids: ["a"], all: true }],
  ["too many", { user_ids: Array.from({ length: 10_001 }, (_, at) => `u${at}`) }],
  ["a notice", { all: true, msg_type: 1001 }],
])("to %s is refused", async (_, body) => {
  expect((await broadcast(body)).code).toBe(1001);
  expect(queued).toEqual([]);
});

test("without a queue it says so, and an unknown job is not found", async () => {
  Object.assign(env, { JOBS: undefined });
  expect(await broadcast({ all: true })).toMatchObject({ code: 1005, msg: expect.stringContaining("JOBS") });
  Object.assign(env, { JOBS: queue });
  expect((await key.get("/admin/jobs/nowhere")).code).toBe(1005);
});
