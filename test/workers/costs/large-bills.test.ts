import { expect, test } from "vitest";
import { billing } from "../../helpers/workers/billing.ts";
import { eventually, inside, roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, people, type TestGroup } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ LARGE_GROUP: 2, MAX_GROUP_MEMBERS: 10_000 });
const { reset, expectCost, toTheEnd } = await billing();
const attending = (chat: string) => rows<{ user_id: string }>(roomOf(chat), "SELECT user_id FROM attending");

test("[TELL-7] a text in a group of 10,000, of whom a hundred attend", { timeout: 120_000 }, async () => {
  const [owner, ...members] = await people(...Array.from({ length: 101 }, (_, at) => `of-10000-${at}`));
  if (!owner) throw new Error("nobody");
  reset();
  const group = await makeGroup(owner, ...members);
  const chat = group.conversation_id;
  await toTheEnd({ chat, by: owner, told: 100 });
  // The others are never online, so no inbox of theirs is called. They were told when they joined.
  await inside(roomOf(chat), (_, { storage }) => {
    const columns = `role, status, min_seq, end_seq, read_seq, read_count, join_seq, joined_at, inviter_user_id,
      muted_until, group_nickname, ver, sent_bytes`;
    storage.sql.exec(
      `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 9899)
       INSERT INTO members (user_id, ${columns})
       SELECT 'away-' || n.at, ${columns} FROM n, (SELECT * FROM members LIMIT 1)`,
    );
    storage.sql.exec("UPDATE large_group SET active = 10000");
  });
  await Promise.all(members.map((member) => member.socket()));
  await eventually(async () => expect(await attending(chat)).toHaveLength(100), 60_000);
  const course = { chat, by: owner, told: 100 };
  await expectCost("text, group of 10,000, 100 attending", () => owner.text(group), course);
});

test("[TELL-8] connecting with 20 large groups, five of which have changed", { timeout: 120_000 }, async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const groups: TestGroup[] = [];
  for (let made = 0; made < 20; made++) groups.push(await makeGroup(alice, bob, carol));
  const socket = await bob.socket();
  for (const { conversation_id } of groups) {
    await eventually(async () => expect(await attending(conversation_id)).toEqual([{ user_id: bob.id }]));
  }
  const { cursor } = await bob.sync(0);
  socket.close();
  for (const group of groups.slice(0, 5)) {
    await alice.text(group);
    await eventually(async () => expect(await attending(group.conversation_id)).toEqual([]));
  }
  await expectCost("connect with a cursor, 20 large groups, 5 of them changed", async () => {
    const again = await bob.socket({ since: cursor });
    const { data } = await again.answer<{ conversations: unknown[] }>("");
    expect(data.conversations).toHaveLength(5);
  });
});

test("[TELL-7] a catch-up", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const socket = await bob.socket();
  const group = await makeGroup(alice, bob, carol);
  await eventually(async () => expect(await attending(group.conversation_id)).toEqual([{ user_id: bob.id }]));
  await alice.text(group);
  await socket.push(2001);
  await toTheEnd({ chat: group.conversation_id, by: bob, told: 0 });
  await expectCost("catch-up of a large group that has changed", () => socket.request(1001, {}));
  expect(await rows(roomOf(group.conversation_id), "SELECT * FROM attending")).toHaveLength(1);
});
