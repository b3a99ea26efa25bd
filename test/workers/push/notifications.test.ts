import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { patientCalls, standingClock, THROWS, tellFaults } from "../../helpers/workers/faults.ts";
import { alarmOf, eventually, inboxOf, inside, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";
import { browserOf, receivedBy } from "../../helpers/workers/push.ts";
import type { TestSocket } from "../../helpers/workers/socket.ts";

const DAY = 86_400_000;
const clock = standingClock();
const faults = tellFaults();
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

/** Waits until the inbox has a message, and expects that nothing waits to be sent. */
async function hasWithout(person: Person, chat: string, seq: number): Promise<void> {
  await eventually(async () => expect((await person.entry(chat))?.max_seq).toBe(seq));
  expect(await alarmOf(inboxOf(person))).toBeNull();
}

test("a user without a socket gets a notification, encrypted and signed, and another one for the next message [NOTIFY-1] [NOTIFY-3]", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  const { seq } = await alice.text(bob, "hello Bob");
  await alarm(bob);
  const [first] = await phone.gets(1);
  expect(first).toEqual({
    type: "message",
    user_id: bob.id,
    conversation_id: chat,
    seq,
    sent_at: clock.now,
    title: "alice",
    body: "hello Bob",
    unread_count: 2,
    badge: 2,
  });
  const [received] = await receivedBy(phone.name);
  expect(received?.headers).toMatchObject({ "content-encoding": "aes128gcm", ttl: "86400", urgency: "high" });
  expect(received?.headers.topic).toMatch(/^[\w-]{32}$/);
  expect(Buffer.from(received?.body ?? "", "base64").toString("latin1")).not.toContain("hello");
  await alice.text(bob, "again");
  await alarm(bob);
  const [, second] = await phone.gets(2);
  expect(second).toMatchObject({ body: "again", badge: 3, unread_count: 3 });
  const topics = (await receivedBy(phone.name)).map(({ headers }) => headers.topic);
  expect(new Set(topics).size).toBe(1);
});

test("messages within three seconds are one notification, and the badge counts all chats with alerts [NOTIFY-3]", async () => {
  const [bob, alice, carol] = await people("bob", "alice", "carol");
  const phone = await browserOf(bob);
  await carol.text(bob, "from Carol");
  await alarm(bob);
  await phone.gets(1);
  await alice.text(bob, "one");
  const group = await makeGroup(alice, bob);
  ok(await bob.put("/conversation/update", { recv_msg_opt: 1 }, { conversation_id: group.conversation_id }));
  await alice.text(group, "not counted");
  await eventually(async () => expect((await bob.entry(group.conversation_id))?.unread_count).toBe(1));
  await alarm(bob);
  const [, one] = await phone.gets(2);
  expect(one).toMatchObject({ body: "one", badge: 2, unread_count: 1 });
  const sentAt = clock.now;
  for (const text of ["two", "three", "four"]) await alice.text(bob, text);
  await eventually(async () => expect((await bob.entry(alice.chatWith(bob)))?.unread_count).toBe(4));
  expect(await alarmOf(inboxOf(bob))).toBe(sentAt + 3_000);
  await ring(inboxOf(bob));
  expect((await phone.pushes()).length).toBe(2);
  await alarm(bob);
  const [, , rest] = await phone.gets(3);
  expect(rest).toMatchObject({ body: "four", badge: 5, unread_count: 4, conversation_id: alice.chatWith(bob) });
  expect(await alarmOf(inboxOf(bob))).toBeNull();
});

test("no notification for one's own messages, notices, silenced and refused chats, or what was read meanwhile [NOTIFY-1]", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  const desktop = await bob.on(4);
  await desktop.text(alice, "my own");
  await hasWithout(bob, chat, 2);
  const group = await makeGroup(alice, bob);
  ok(await alice.put("/group/update", { group_id: group.group_id, name: "renamed" }));
  await hasWithout(bob, group.conversation_id, 1);
  for (const recv_msg_opt of [1, 2]) {
    ok(await bob.put("/conversation/update", { recv_msg_opt }, { conversation_id: chat }));
    const { seq } = await alice.text(bob, "quiet");
    await hasWithout(bob, chat, seq);
  }
  const snoozed = { recv_msg_opt: 0, snooze_until: clock.now + 1_000 };
  ok(await bob.put("/conversation/update", snoozed, { conversation_id: chat }));
  await hasWithout(bob, chat, (await alice.text(bob, "snoozed")).seq);
  clock.now += 1_001;
  const { seq } = await alice.text(bob, "read at once");
  await eventually(async () => expect(await alarmOf(inboxOf(bob))).not.toBeNull());
  ok(await desktop.read(chat, seq));
  await alarm(bob);
  expect(await alarmOf(inboxOf(bob))).toBeNull();
  expect(await phone.pushes()).toEqual([]);
});

test("a device in front gets none; another device waits five seconds for the message to be read there [NOTIFY-2]", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  const desktop = await bob.on(4);
  const socket = await desktop.socket();
  const start = clock.now;
  const { seq } = await alice.text(bob, "read on the desktop");
  await socket.push(2001);
  expect(await alarmOf(inboxOf(bob))).toBe(start + 5_000);
  await socket.request(1007, { conversation_id: chat, read_seq: seq });
  await alarm(bob);
  expect(await phone.pushes()).toEqual([]);
  await alice.text(bob, "not read");
  await socket.push(2001);
  await alarm(bob);
  expect(await phone.gets(1)).toMatchObject([{ body: "not read", badge: 1 }]);
  // Now the phone itself is open.
  const own = await bob.socket();
  clock.now += 10_000;
  await alice.text(bob, "seen on the phone");
  await own.push(2001);
  expect(await alarmOf(inboxOf(bob))).toBeNull();
});

test("a socket in the background does not keep notifications away, also after the inbox slept [NOTIFY-2]", async () => {
  const [alice, bob] = await pair();
  const phone = await browserOf(bob);
  const socket = await bob.socket();
  expect((await socket.request(1017, { background: true })).data).toEqual({});
  await evictAllDurableObjects();
  const start = clock.now;
  await alice.text(bob, "in the pocket");
  await socket.push(2001);
  expect(await alarmOf(inboxOf(bob))).toBe(start);
  await alarm(bob);
  await phone.gets(1);
  await socket.request(1017, { background: false });
  clock.now += 10_000;
  await alice.text(bob, "in the hand");
  await socket.push(2001);
  expect(await alarmOf(inboxOf(bob))).toBeNull();
  for (const data of [{}, { background: "yes" }, { background: 1 }, null]) {
    expect((await socket.request(1017, data)).err_code).toBe(1001);
  }
});

test("a socket that a conversation holds counts as looking, unless the login's own socket is in the background [NOTIFY-2]", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  await bob.roomSocket(chat);
  await alice.text(bob, "on the screen");
  await hasWithout(bob, chat, 2);
  const own = await bob.socket();
  await own.request(1017, { background: true });
  await alice.text(bob, "behind the lock screen");
  await alarm(bob);
  await phone.gets(1);
});

test("what arrived just before the last socket in front went is notified of, unless it was read or the client is back [NOTIFY-2]", async () => {
  const [alice, bob, chat] = await pair();
  const phone = await browserOf(bob);
  const arrivesAt = async (socket: TestSocket) => {
    const { seq } = await alice.text(bob, "just now");
    await socket.push(2001);
    expect(await alarmOf(inboxOf(bob))).toBeNull();
    return seq;
  };
  const socket = await bob.socket();
  await arrivesAt(socket);
  await socket.request(1017, { background: true });
  expect(await alarmOf(inboxOf(bob))).toBe(clock.now + 5_000);
  await socket.request(1017, { background: false });
  await alarm(bob);
  expect(await phone.pushes()).toEqual([]);

  clock.now += 10_000;
  const seq = await arrivesAt(socket);
  await socket.request(1007, { conversation_id: chat, read_seq: seq });
  await socket.request(1017, { background: true });
  expect(await alarmOf(inboxOf(bob))).toBeNull();

  await socket.request(1017, { background: false });
  await arrivesAt(socket);
  socket.close();
  await alarm(bob);
  expect(await phone.gets(1)).toMatchObject([{ body: "just now", unread_count: 1 }]);

  const later = await bob.socket();
  clock.now += 10_000;
  await arrivesAt(later);
  clock.now += 30_001;
  await later.request(1017, { background: true });
  expect(await alarmOf(inboxOf(bob))).toBeNull();
});

test("a notification that waits survives a restart, and one that was sent is not repeated by it [NOTIFY-1]", async () => {
  const [alice, bob] = await pair();
  const phone = await browserOf(bob);
  await alice.text(bob, "before the crash");
  await eventually(async () => expect(await alarmOf(inboxOf(bob))).not.toBeNull());
  await evictAllDurableObjects();
  await alarm(bob);
  await phone.gets(1);
  await evictAllDurableObjects();
  expect(await alarmOf(inboxOf(bob))).toBeNull();
  expect(await rows(inboxOf(bob), "SELECT due, sent_seq FROM notifications")).toEqual([{ due: 0, sent_seq: 2 }]);
  // The pause between two notifications survives, too.
  await alice.text(bob, "after it");
  await eventually(async () => expect(await alarmOf(inboxOf(bob))).toBe(clock.now + 3_000));
});

test("a message that reaches the inbox after a day is not notified of [NOTIFY-1]", async () => {
  const [alice, bob, chat] = await pair();
  await browserOf(bob);
  const notified: (number | null)[] = [];
  for (const age of [DAY - 60_000, DAY]) {
    faults.set(bob.id, THROWS);
    const { seq } = await alice.text(bob, "late");
    clock.now += age;
    faults.delete(bob.id);
    while (await ring(roomOf(chat))) clock.now += 1_000;
    await eventually(async () => expect((await bob.entry(chat))?.max_seq).toBe(seq));
    notified.push(await alarmOf(inboxOf(bob)));
    while (await ring(inboxOf(bob)));
  }
  expect(notified).toEqual([expect.any(Number), null]);
});

test("an inbox whose user has no device has no tables of push, and sets no alarm for a message [SEND-7]", async () => {
  const [alice, bob, chat] = await pair();
  await alice.text(bob, "hello");
  await hasWithout(bob, chat, 2);
  const tables = await inside(inboxOf(bob), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('devices', 'notifications')").toArray(),
  );
  expect(tables).toEqual([]);
});
