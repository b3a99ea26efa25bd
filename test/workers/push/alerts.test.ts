import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { patientCalls, standingClock } from "../../helpers/workers/faults.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { alarmOf, eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { makeGroup, type Person, pair, people, type Target } from "../../helpers/workers/people.ts";
import { browserOf, receivedBy } from "../../helpers/workers/push.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ LARGE_GROUP: 3 });
const clock = standingClock();
patientCalls();

/** Rings the inbox's alarm at the time at which it is set, or expects that none is. */
async function alarm(person: Person): Promise<void> {
  const due = await eventually(async () => {
    const at = await alarmOf(inboxOf(person));
    expect(at, "an alarm").not.toBeNull();
    return at ?? 0;
  });
  clock.now = Math.max(clock.now, due);
  await ring(inboxOf(person));
}

let sent = 0;
async function say(from: Person, to: Target, text: string, meta: object = {}): Promise<Message> {
  const target = "group_id" in to ? { group_id: to.group_id } : { recv_id: to.id };
  const body = { client_msg_id: `n${++sent}`, ...target, msg_type: 1, content: { text }, meta };
  return ok(await from.post<Message>("/msg/send", body));
}
const quiet = async (person: Person, conversation_id: string, change: object) =>
  ok(await person.put("/conversation/update", change, { conversation_id }));
const listed = (person: Person, chat: string, seq: number) =>
  eventually(async () => expect((await person.entry(chat))?.max_seq).toBe(seq));

test("a recall replaces a notification that shows it, and withdraws the last one [NOTIFY-8]", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  const { seq } = await alice.text(bob, "a secret");
  await alarm(bob);
  const [shown] = await phone.gets(1);
  expect(shown).toMatchObject({ type: "message", seq, body: "a secret", unread_count: 2 });
  ok(await operating(alice, chat).recall(seq));
  await evictAllDurableObjects();
  await alarm(bob);
  const [, replaced] = await phone.gets(2);
  expect(replaced).toMatchObject({ type: "message", seq, body: "New message", unread_count: 1, badge: 1 });
  ok(await operating(alice, chat).recall(1));
  await alarm(bob);
  const [, , withdrawn] = await phone.gets(3);
  expect(withdrawn).toMatchObject({ type: "withdraw", conversation_id: chat, seq, title: "", body: "", badge: 0 });
  const received = await receivedBy(phone.name);
  expect(new Set(received.map(({ headers }) => headers.topic)).size).toBe(1);
  expect(received.map(({ headers }) => headers.urgency)).toEqual(["high", "high", "normal"]);
  // Nothing more goes out, and a repeated recall changes nothing.
  ok(await operating(alice, chat).recall(1, seq));
  expect(await alarmOf(inboxOf(bob))).toBeNull();
});

test("a recall of what no notification shows sends none; what was recalled before it was due is not shown [NOTIFY-8]", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  const { seq } = await alice.text(bob, "recalled at once");
  ok(await operating(alice, chat).recall(seq));
  await alarm(bob);
  expect(await phone.gets(1)).toMatchObject([{ body: "New message", unread_count: 1 }]);
  clock.now += 5_000;
  const next = await alice.text(bob, "stays");
  await alarm(bob);
  await phone.gets(2);
  ok(await operating(alice, chat).recall(1));
  await eventually(async () => expect((await bob.entry(chat))?.unread_count).toBe(1));
  expect(await alarmOf(inboxOf(bob))).toBeNull();
  // Read and still shown: its text goes, too.
  ok(await bob.read(chat, next.seq));
  ok(await operating(alice, chat).recall(next.seq));
  await alarm(bob);
  expect((await phone.gets(3))[2]).toMatchObject({ type: "withdraw", seq: next.seq, badge: 0 });
});

test("a recall while the notification is being sent withdraws it afterwards [NOTIFY-8]", async () => {
  const [alice, bob, chat] = await pair();
  ok(await bob.read(chat, 1));
  const phone = await browserOf(bob, "hangs");
  const works = await browserOf(await bob.on(4));
  const { seq } = await alice.text(bob, "in flight");
  const rung = alarm(bob);
  await works.gets(1);
  ok(await operating(alice, chat).recall(seq));
  await rung;
  // The hanging service is given up, and the withdrawal waits for its time.
  await eventually(async () => {
    const due = await alarmOf(inboxOf(bob));
    clock.now = Math.max(clock.now, due ?? 0);
    await ring(inboxOf(bob));
    expect((await works.pushes()).map(({ type }) => type)).toEqual(["message", "withdraw"]);
  }, 60_000);
  expect(phone.name).toContain("hangs");
}, 90_000);

test("a mention, and a reply, is notified of in a silenced, snoozed or archived chat, but not in a refused one [NOTIFY-1]", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const group = await makeGroup(alice, bob, carol);
  const { conversation_id: id } = group;
  const phone = await browserOf(bob);
  const own = await bob.text(group, "a question");
  let count = 0;
  const later = clock.now + 3_600_000;
  for (const change of [
    { recv_msg_opt: 1 },
    { recv_msg_opt: 0, snooze_until: later },
    { snooze_until: 0, is_archived: true },
  ]) {
    await quiet(bob, id, change);
    await listed(bob, id, (await alice.text(group, "to all")).seq);
    expect(await alarmOf(inboxOf(bob))).toBeNull();
    const metas = [{ mentions: [bob.id] }, { mention_all: true }, { reply_to: own.seq }];
    for (const meta of metas) {
      const { seq } = await say(alice, group, `for you ${count}`, meta);
      await alarm(bob);
      const pushes = await phone.gets(++count);
      // The badge counts chats with alerts only.
      expect(pushes.at(-1)).toMatchObject({ seq, body: expect.stringContaining("for you"), badge: 0 });
    }
    for (const meta of [{ mentions: [carol.id] }, { reply_to: own.seq + 1 }]) {
      await listed(bob, id, (await say(alice, group, "for others", meta)).seq);
      expect(await alarmOf(inboxOf(bob))).toBeNull();
    }
  }
  await quiet(bob, id, { recv_msg_opt: 2, is_archived: false });
  await listed(bob, id, (await say(alice, group, "refused", { mentions: [bob.id] })).seq);
  expect(await alarmOf(inboxOf(bob))).toBeNull();
  expect((await phone.pushes()).length).toBe(count);
});

test("a mention that is recalled or read before it is due is not notified of in a silenced chat [NOTIFY-1]", async () => {
  const [alice, bob] = await people("alice", "bob");
  const group = await makeGroup(alice, bob);
  const { conversation_id: id } = group;
  const phone = await browserOf(bob);
  await quiet(bob, id, { recv_msg_opt: 1 });
  await alice.text(group, "unread, and quiet");
  const recalled = await say(alice, group, "oh", { mentions: [bob.id] });
  ok(await operating(alice, id).recall(recalled.seq));
  await alarm(bob);
  const read = await say(alice, group, "seen", { mentions: [bob.id] });
  await eventually(async () => expect(await alarmOf(inboxOf(bob))).not.toBeNull());
  ok(await bob.read(id, read.seq));
  await alarm(bob);
  expect(await phone.pushes()).toEqual([]);
});

test("in a large group mentions and replies go out, and no other message [NOTIFY-1] [TELL-7]", async () => {
  const [alice, bob, carol, dave] = await people("alice", "bob", "carol", "dave");
  const group = await makeGroup(alice, bob, carol, dave);
  const phone = await browserOf(bob);
  const own = await bob.text(group, "a question");
  for (const text of ["one", "two"]) await alice.text(group, text);
  const reply = await say(alice, group, "the answer", { reply_to: own.seq });
  await alarm(bob);
  expect(await phone.gets(1)).toMatchObject([{ seq: reply.seq, body: "alice: the answer", unread_count: 3 }]);
  clock.now += 10_000;
  const mention = await say(carol, group, "hey Bob", { mentions: [bob.id] });
  await alarm(bob);
  expect((await phone.gets(2))[1]).toMatchObject({ seq: mention.seq, body: "carol: hey Bob" });
  ok(await operating(carol, group.conversation_id).recall(mention.seq));
  await alarm(bob);
  expect((await phone.gets(3))[2]).toMatchObject({ type: "withdraw", seq: mention.seq });
  // A socket in the background gets every message, and rings for none.
  const socket = await bob.socket();
  await socket.request(1017, { background: true });
  const { seq } = await alice.text(group, "three");
  await eventually(() => expect(socket.pushedSeqs()).toContain(seq));
  while (await ring(inboxOf(bob))) clock.now += 10_000;
  expect((await phone.pushes()).length).toBe(3);
  const all = await say(alice, group, "dinner!", { mention_all: true });
  await eventually(() => expect(socket.pushedSeqs()).toContain(all.seq));
  await alarm(bob);
  expect((await phone.gets(4))[3]).toMatchObject({ seq: all.seq, body: "alice: dinner!" });
  ok(await operating(alice, group.conversation_id).recall(all.seq));
  await alarm(bob);
  expect((await phone.gets(5))[4]).toMatchObject({ type: "withdraw", seq: all.seq });
});

test("messages that were imported are no news, however young; the next live one is [NOTIFY-1]", async () => {
  const key = await makeKey("messages");
  const [alice, bob] = await people("alice", "bob");
  const chat = alice.chatWith(bob);
  const phone = await browserOf(bob);
  const old = (seq: number) => ({
    seq,
    sender_id: alice.id,
    client_msg_id: `old-${seq}`,
    msg_type: 1,
    content: { text: "moved" },
    send_at: clock.now - 60_000,
  });
  ok(await key.post("/admin/messages/import", { conversation_id: chat, messages: [1, 2, 3].map(old) }));
  await listed(bob, chat, 3);
  expect(await alarmOf(inboxOf(bob))).toBeNull();
  await alice.text(bob, "here we are");
  await alarm(bob);
  expect(await phone.gets(1)).toMatchObject([{ body: "here we are", unread_count: 4 }]);
});
