import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Pulled } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { meter } from "../../helpers/workers/meter.ts";
import { inside, roomOf } from "../../helpers/workers/objects.ts";
import { pair } from "../../helpers/workers/people.ts";

const MESSAGES = 100_000;
const { reset, read } = await meter();

async function costOf<T>(work: () => Promise<T>): Promise<{ result: T; rowsRead: number }> {
  reset();
  const result = await work();
  return { result, rowsRead: read().rowsRead };
}

/** Inserts messages as if they had been sent, up to a seq: these tests cover how they are read. */
async function fill(chat: string, newest: number): Promise<void> {
  await inside(roomOf(chat), (_, { storage }) => {
    storage.sql.exec(
      `INSERT INTO messages (seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable)
       WITH RECURSIVE more (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
       SELECT n, server_msg_id + n, sender_id, 'made-' || n, 1, content, send_at, n FROM more, messages WHERE seq = 1`,
      newest,
    );
    // A waking object only looks through the messages that its inboxes were not told of.
    storage.sql.exec("UPDATE room SET told_seq = ?", newest);
  });
}

/** The cost for an object that wakes for it. */
async function wakingCostOf<T>(work: () => Promise<T>) {
  await evictAllDurableObjects();
  return await costOf(work);
}

test("[MEM-1] 100,000 messages: waking, sending, pulling at both ends, counting and syncing read a few rows", async () => {
  const [alice, bob, chat] = await pair();
  await fill(chat, MESSAGES);
  const pull = (query: Record<string, number | string>) =>
    bob.get<Pulled>("/msg/pull", { conversation_id: chat, ...query });

  const head = await wakingCostOf(() => pull({ limit: 100 }));
  expect(ok(head.result).messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  const tail = await wakingCostOf(() => pull({ limit: 100, order: "desc" }));
  expect(ok(tail.result).messages[0]?.seq).toBe(MESSAGES);
  const sent = await wakingCostOf(() => alice.text(bob, "one more"));
  expect(sent.result.seq).toBe(MESSAGES + 1);
  const counted = await wakingCostOf(() => bob.readState(chat));
  expect(counted.result).toMatchObject({ max_seq: MESSAGES + 1, unread_count: MESSAGES + 1 });
  const marked = await wakingCostOf(() => bob.read(chat, MESSAGES / 2));
  expect(marked.result.code).toBe(0);
  const synced = await wakingCostOf(() => bob.sync(0));
  expect(synced.result.conversations).toMatchObject([{ max_seq: MESSAGES + 1, unread_count: MESSAGES / 2 + 1 }]);

  // A page has 100, and so has the largest update for each of two inboxes that are far behind.
  for (const { rowsRead } of [head, tail, sent, counted, marked, synced]) expect(rowsRead).toBeLessThan(300);
});

test("[MEM-1] what a member has deleted is not read for each message, edit and recall by others", async () => {
  const [alice, bob, chat] = await pair();
  await fill(chat, 2_000);
  await evictAllDurableObjects();
  await bob.read(chat, 2_000);
  ok(await bob.post("/msg/delete", { conversation_id: chat, seqs: [2] }));
  await inside(roomOf(chat), (_, { storage }) => {
    storage.sql.exec(
      "INSERT INTO marks (kind, user_id, seq, rev) SELECT 'deleted', ?, seq, 0 FROM messages WHERE seq BETWEEN 3 AND 1999",
      bob.id,
    );
  });
  // Then the object knows what its inboxes have.
  for (const text of ["@bob", "one more"]) await alice.text(bob, text);
  const content = { text: "@bob, please" };
  const costs = [
    await costOf(() => alice.send(bob, "and one more")),
    await costOf(() => alice.post("/msg/edit", { conversation_id: chat, seq: 2_001, content, mentions: [bob.id] })),
    await costOf(() => alice.post("/msg/recall", { conversation_id: chat, seqs: [2_000] })),
  ];
  for (const { result, rowsRead } of costs) {
    expect(result.code).toBe(0);
    expect(rowsRead).toBeLessThan(300);
  }
  expect(await bob.readState(chat)).toMatchObject({ max_seq: 2_003, unread_count: 3 });
});
