import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { patientCalls, standingClock } from "../../helpers/workers/faults.ts";
import { alarmOf, eventually, inboxOf, inside, ring } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people } from "../../helpers/workers/people.ts";
import { browserOf } from "../../helpers/workers/push.ts";
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

test("a user who asks for every message of a large group gets them without a socket, as long as they ask and have a device [NOTIFY-9]", async () => {
  const [alice, bob, carol, dave] = await people("alice", "bob", "carol", "dave");
  const group = await makeGroup(alice, bob, carol, dave);
  const { conversation_id } = group;
  const [phone, other] = [await browserOf(bob), await browserOf(carol)];
  const ask = (who: Person, every_message: boolean, id = conversation_id) =>
    who.put("/push/conversation", { conversation_id: id, every_message });
  ok(await ask(bob, true));
  ok(await ask(bob, true));
  expect(ok(await bob.get("/push/conversations"))).toEqual([conversation_id]);
  const texts = async (...said: string[]) => {
    for (const text of said) await alice.text(group, text);
    await alarm(bob);
  };
  await texts("one");
  expect(await phone.gets(1)).toMatchObject([{ body: "alice: one", unread_count: 1, badge: 1 }]);
  await evictAllDurableObjects();
  await texts("two", "three");
  expect((await phone.gets(2))[1]).toMatchObject({ body: "alice: three", unread_count: 3, badge: 3 });
  // Without a device nothing comes; with a new one it does again.
  ok(await bob.post("/push/unregister"));
  await alice.text(group, "four");
  const tablet = await browserOf(bob);
  clock.now += 10_000;
  await texts("five");
  expect(await tablet.gets(1)).toMatchObject([{ body: "alice: five", unread_count: 5 }]);
  ok(await bob.put("/conversation/update", { recv_msg_opt: 1 }, { conversation_id }));
  await alice.text(group, "quiet");
  ok(await bob.put("/conversation/update", { recv_msg_opt: 0 }, { conversation_id }));
  ok(await ask(bob, false));
  await alice.text(group, "not asked for");
  clock.now += 10_000;
  await eventually(async () => expect((await bob.entry(conversation_id))?.unread_count).toBe(7));
  while (await ring(inboxOf(bob))) clock.now += 10_000;
  expect((await tablet.pushes()).length).toBe(1);
  expect(await other.pushes()).toEqual([]);
});

test("every message of a group can be asked for by its members only, and of a hundred groups [MEM-1]", async () => {
  const [alice, bob] = await people("alice", "bob");
  const { conversation_id } = await makeGroup(alice);
  const chat = alice.chatWith(bob);
  await alice.text(bob);
  const ask = (who: Person, body: object) => who.put("/push/conversation", { every_message: true, ...body });
  for (const id of [conversation_id, "sg_nowhere", chat]) {
    expect((await ask(bob, { conversation_id: id })).code).toBe(4003);
  }
  for (const body of [{}, { conversation_id: "x" }, { conversation_id, every_message: 1 }]) {
    expect((await ask(alice, body)).code).toBe(1001);
  }
  ok(await ask(alice, { conversation_id }));
  await inside(inboxOf(alice), (_, { storage }) => {
    for (let at = 1; at < 100; at++) storage.sql.exec("INSERT INTO every_message VALUES (?)", `sg_kept-${at}`);
  });
  await evictAllDurableObjects();
  // Groups that the user is not in any more make room.
  const { conversation_id: another } = await makeGroup(alice);
  ok(await ask(alice, { conversation_id: another }));
  expect(ok(await alice.get<string[]>("/push/conversations")).toSorted()).toEqual(
    [another, conversation_id].toSorted(),
  );
});
