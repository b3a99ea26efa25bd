import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { eventually, inboxOf, rows } from "../../helpers/workers/objects.ts";
import { pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

/** What the queue of events was given, and how often it fails before it takes something. */
const queued: string[] = [];
let failures = 0;
const queue = {
  sendBatch: async (messages: { body: string }[]) => {
    if (failures-- > 0) throw new Error("the queue is down");
    queued.push(...messages.map(({ body }) => body));
  },
};
settings({ WEBHOOKS: "on" });
Object.assign(env, { HOOKS: queue });
beforeEach(() => {
  queued.length = 0;
  failures = 0;
});

const requested = () =>
  queued.map((body) => JSON.parse(body)).filter(({ type }: { type: string }) => type === "push.requested");
const apns = { kind: "hook", token: "an apns token", service: "apns" };

test("a backend is asked to notify a device, with its token and what to show [NOTIFY-1]", async () => {
  const [alice, bob, chat] = await pair();
  const { device_id } = ok(await bob.post<{ device_id: string }>("/push/register", { ...apns, privacy: "name" }));
  const { seq } = await alice.text(bob, "hello");
  const [event] = await eventually(() => {
    expect(requested().length).toBe(1);
    return requested();
  });
  expect(event.data).toMatchObject({
    device_id,
    service: "apns",
    token: "an apns token",
    topic: expect.stringMatching(/^[\w-]{32}$/),
    notification: { user_id: bob.id, conversation_id: chat, seq, title: "alice", body: "2 new messages", badge: 2 },
  });
  expect(event.id).toBe(`push_${event.data.topic}_${seq}_0`);
});

test("a queue that fails is asked once more [NOTIFY-7]", async () => {
  const [alice, bob] = await pair();
  ok(await bob.post("/push/register", apns));
  await alice.text(bob, "hello");
  await eventually(() => expect(requested().length).toBe(1));
  failures = Number.POSITIVE_INFINITY;
  await alice.text(bob, "lost to the backend, not to Bob");
  await eventually(async () => {
    expect(await rows(inboxOf(bob), "SELECT 1 FROM notifications WHERE due > 0")).toEqual([]);
    expect((await rows<{ sent_seq: number }>(inboxOf(bob), "SELECT sent_seq FROM notifications"))[0]?.sent_seq).toBe(3);
  }, 12_000);
  expect(requested().length).toBe(1);
});

test("the kind is there while webhooks are on", async () => {
  const [bob] = await people("bob");
  expect(ok(await bob.get<{ kinds: string[] }>("/push/key")).kinds).toEqual(["webpush", "fcm", "hook"]);
});
