import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { PushData } from "../../../src/protocol/frame-answers.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { eventually, inboxOf, roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ LARGE_GROUP: 2 });
const clock = standingClock();
const key = await makeKey("messages");

test("[READ-2] [TELL-7] in a large group, too, a message that its sender has not seen is not pushed to them as read", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const socket = await bob.socket();
  const { group_id, conversation_id: id } = await makeGroup(alice, bob, carol);
  await eventually(async () => {
    expect(await rows(roomOf(id), "SELECT user_id FROM attending")).toEqual([{ user_id: bob.id }]);
  });
  const first = await alice.text({ group_id }, "are you there?");
  await eventually(() => expect(socket.pushedSeqs()).toEqual([first.seq]));
  const body = { client_msg_id: "auto", sender_id: bob.id, group_id, msg_type: 1, content: { text: "away" } };
  const { seq } = ok(await key.post<Message>("/admin/messages", { ...body, sender_read: false }));
  await socket.push<PushData<2001>>(
    2001,
    ({ msgs, prev, cursor }) => Object.keys(msgs).length === 0 && prev === cursor,
  );
  const stored = await rows(
    inboxOf(bob),
    `SELECT seq, read_seq, unread FROM conversations WHERE conversation_id = '${id}'`,
  );
  expect(stored).toEqual([{ seq, read_seq: 0, unread: 2 }]);
  const next = await alice.text({ group_id }, "later then");
  await eventually(() => expect(socket.pushedSeqs()).toEqual([first.seq, next.seq]));
  await evictAllDurableObjects();
  clock.now += 10_000;
  expect(await bob.readState(id)).toMatchObject({ read_seq: 0, unread_count: 3 });
  expect((await bob.sync(0)).conversations).toMatchObject([{ unread_count: 3, read_seq: 0 }]);
  expect((await carol.entry(id))?.unread_count).toBe(3);
});
