import { expect, test } from "vitest";
import type { Conversation } from "../../../src/conversation/conversation.ts";
import type { AppendReply } from "../../../src/core/calls.ts";
import { decodeUpdate } from "../../../src/core/delivery/update.ts";
import { unwrapped } from "../../../src/durable/outcome.ts";
import { ok } from "../../helpers/workers/api.ts";
import { eventually, inside, roomOf, rows } from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { pair } from "../../helpers/workers/people.ts";

/** Calls as an inbox of the release before operations on messages makes them: its marks have no rev. */

const send = (client_msg_id: string) => ({ client_msg_id, msg_type: 1, content: '{"text":"x"}' });
const room = <T>(chat: string, work: (conversation: Conversation) => Promise<T>): Promise<T> =>
  inside(roomOf(chat), (instance) => work(instance as Conversation));

test("[TELL-1] an inbox that reports no rev counts as knowing all changes, and is told of messages as before", async () => {
  const [alice, bob, chat] = await pair();
  await alice.text(bob, "two");
  ok(await operating(alice, chat).recall(1));
  const mark = {
    seq: 2,
    ver: (await rows<{ ver: number }>(roomOf(chat), "SELECT max(ver) AS ver FROM members"))[0]?.ver ?? 1,
  };
  await eventually(async () => {
    const missing = await room(chat, async (conversation) => unwrapped(await conversation.snapshot(bob.id, mark)));
    expect(missing).toBeNull();
  });
  const call = { user_id: bob.id, mark, sends: [send("old")], allowance: 1, founding: false };
  const reply: AppendReply = await room(chat, (conversation) => conversation.append(call));
  expect(reply.outcomes).toMatchObject([{ ok: true, seq: 3 }]);
  const { header, lines } = decodeUpdate(reply.tell ?? "");
  expect([header.from, header.seq, lines.length]).toEqual([3, 3, 1]);
  // What it can show is right: the recalled message no longer counts.
  expect(header.unread).toBe(0);
  expect(await bob.pull(chat)).toMatchObject({ messages: [{ content: {} }, {}, {}] });
});

test("[TELL-4] a conversation whose inboxes all report no rev comes to rest", async () => {
  const [alice, bob, chat] = await pair();
  ok(await operating(alice, chat).recall(1));
  await eventually(async () => expect((await bob.entry(chat))?.last_message?.content).toEqual({}));
  // Rows of that release have no rev either: the column's default is 0, and the next contact brings what it lacks.
  const update = await room(chat, async (conversation) =>
    unwrapped(await conversation.snapshot(bob.id, { seq: 1, ver: 99, rev: 0 })),
  );
  const { changed } = decodeUpdate(update ?? "").header;
  expect(changed?.lines.map((line) => JSON.parse(line).content)).toEqual([{}]);
});
