import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { alarmOf, eventually, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { pair } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly seq: number; readonly content: object; readonly amended: { readonly rev: number } };
}

const queued: string[] = [];
let isQueueUp = true;
settings({ WEBHOOKS: "on" });
Object.assign(env, {
  HOOKS: {
    sendBatch: async (messages: readonly { body: string }[]) => {
      if (!isQueueUp) throw new Error("the queue is down");
      queued.push(...messages.map(({ body }) => body));
    },
  },
});
vi.spyOn(console, "error").mockImplementation(() => undefined);
const key = await makeKey("hooks");
const changed = () => queued.map((body) => JSON.parse(body) as Event).filter(({ type }) => type === "message.changed");
const tables = (chat: string) => rows(roomOf(chat), "SELECT name FROM sqlite_master WHERE name = 'waiting_changes'");
const waiting = (chat: string) => rows<{ since_rev: number }>(roomOf(chat), "SELECT since_rev FROM waiting_changes");

afterEach(() => {
  isQueueUp = true;
  queued.length = 0;
  vi.restoreAllMocks();
});

test("[HOOK-1] no endpoint wants changes: after the server knows, they cost no row", async () => {
  ok(await key.post("/admin/hooks", { url: "https://app.nexo.chat/in", types: ["message.sent"] }));
  // The first change asks which types are wanted.
  const [first, , known] = await pair();
  ok(await operating(first, known).react(1, "👍"));
  await eventually(async () => expect(await waiting(known)).toEqual([]));
  const [alice, , chat] = await pair();
  ok(await operating(alice, chat).react(1, "👍"));
  ok(await operating(alice, chat).edit(1, "edited"));
  expect(await tables(chat)).toEqual([]);
  expect(changed()).toEqual([]);
  // An endpoint that is added later hears of changes within a minute.
  ok(await key.post("/admin/hooks", { url: "https://app.nexo.chat/all" }));
  const later = Date.now() + 61_000;
  vi.spyOn(Date, "now").mockImplementation(() => later);
  ok(await operating(alice, chat).react(1, "🎉"));
  await eventually(async () => {
    ok(await operating(alice, chat).react(1, "❤️"));
    expect(changed().length).toBeGreaterThan(0);
  });
});

test("[HOOK-1] hears of quiet changes, recalls and pins, as the message stands, and of no private deletion", async () => {
  const [alice, bob, chat] = await pair();
  await alice.text(bob, "two");
  const [hers, his] = [operating(alice, chat), operating(bob, chat)];
  ok(await his.react(1, "👍"));
  ok(await hers.edit(1, "edited"));
  ok(await hers.pin(2));
  ok(await his.remove(2));
  ok(await hers.recall(2));
  const newest = (seq: number) =>
    changed()
      .filter(({ data }) => data.seq === seq)
      .sort((a, b) => b.data.amended.rev - a.data.amended.rev)[0];
  await eventually(() => expect(newest(2)?.data.amended.rev).toBe(5));
  await eventually(() => expect(newest(1)?.data.amended.rev).toBe(2));
  expect(newest(1)).toMatchObject({ id: `${chat}:1:r2`, data: { content: { text: "edited" } } });
  expect(newest(2)).toMatchObject({ id: `${chat}:2:r5`, data: { content: {}, meta: null } });
  expect(changed().map(({ id }) => id)).not.toContain(`${chat}:2:r4`);
  await eventually(async () => expect(await waiting(chat)).toEqual([]));
});

test("[HOOK-1] changes wait while the queue is down, also over a crash, and then come", async () => {
  const [alice, , chat] = await pair();
  isQueueUp = false;
  ok(await operating(alice, chat).react(1, "👍"));
  ok(await operating(alice, chat).edit(1, "edited"));
  expect(await waiting(chat)).toEqual([{ since_rev: 0 }]);
  await ring(roomOf(chat));
  expect(changed()).toEqual([]);
  await eventually(async () => expect(await alarmOf(roomOf(chat))).not.toBeNull());
  await abortAllDurableObjects();
  isQueueUp = true;
  await ring(roomOf(chat));
  expect(changed().map(({ id }) => id)).toEqual([`${chat}:1:r2`]);
  expect(await waiting(chat)).toEqual([]);
});
