import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Pulled } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { meter } from "../../helpers/workers/meter.ts";
import { inside, roomOf } from "../../helpers/workers/objects.ts";
import { pair } from "../../helpers/workers/people.ts";

const MESSAGES = 100_000;
const { reset, read } = await meter();

test("[MEM-1] 100,000 messages: waking, sending, pulling at both ends, counting and syncing read a few rows", async () => {
  const [alice, bob, chat] = await pair();
  // Inserted as if they had been sent: this test covers how they are read.
  await inside(roomOf(chat), (_, { storage }) => {
    storage.sql.exec(
      `INSERT INTO messages (seq, server_msg_id, sender_id, client_msg_id, msg_type, content, send_at, countable)
       WITH RECURSIVE more (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
       SELECT n, server_msg_id + n, sender_id, 'made-' || n, 1, content, send_at, n FROM more, messages WHERE seq = 1`,
      MESSAGES,
    );
    // A waking object only looks through the messages that its inboxes were not told of.
    storage.sql.exec("UPDATE room SET told_seq = ?", MESSAGES);
  });
  const costOf = async <T>(work: () => Promise<T>): Promise<{ result: T; rowsRead: number }> => {
    await evictAllDurableObjects();
    reset();
    const result = await work();
    return { result, rowsRead: read().rowsRead };
  };
  const pull = (query: Record<string, number | string>) =>
    bob.get<Pulled>("/msg/pull", { conversation_id: chat, ...query });

  const head = await costOf(() => pull({ limit: 100 }));
  expect(ok(head.result).messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  const tail = await costOf(() => pull({ limit: 100, order: "desc" }));
  expect(ok(tail.result).messages[0]?.seq).toBe(MESSAGES);
  const sent = await costOf(() => alice.text(bob, "one more"));
  expect(sent.result.seq).toBe(MESSAGES + 1);
  const counted = await costOf(() => bob.readState(chat));
  expect(counted.result).toMatchObject({ max_seq: MESSAGES + 1, unread_count: MESSAGES + 1 });
  const marked = await costOf(() => bob.read(chat, MESSAGES / 2));
  expect(marked.result.code).toBe(0);
  const synced = await costOf(() => bob.sync(0));
  expect(synced.result.conversations).toMatchObject([{ max_seq: MESSAGES + 1, unread_count: MESSAGES / 2 + 1 }]);

  // A page has 100, and so has the largest update for each of two inboxes that are far behind.
  for (const { rowsRead } of [head, tail, sent, counted, marked, synced]) expect(rowsRead).toBeLessThan(300);
});
