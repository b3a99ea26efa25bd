import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Conversation } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { d1Faults, standingClock } from "../../helpers/workers/faults.ts";
import { alarmOf, eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../../helpers/workers/people.ts";
import type { Moved } from "../../helpers/workers/socket.ts";

type Changed = Moved & { conversation: Conversation };

const clock = standingClock();
const faults = d1Faults();
const rename = (who: Person, nickname: string) => who.put("/user/update", { nickname });
/** Rings the alarms that are due by then. */
async function passes(who: Person, milliseconds: number): Promise<void> {
  const end = clock.now + milliseconds;
  for (let due = await alarmOf(inboxOf(who)); due !== null && due <= end; due = await alarmOf(inboxOf(who))) {
    clock.now = Math.max(clock.now, due);
    await ring(inboxOf(who));
  }
  clock.now = end;
}

test("[LIST-3] a peer's new name reaches clients that follow the cursor, by push and by sync", async () => {
  const [alice, bob, chat] = await pair();
  await bob.text(alice);
  const socket = await bob.socket();
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 2 }));
  const { cursor } = await bob.sync(0);
  ok(await rename(alice, "Alice the Second"));
  await passes(alice, 6_000);
  const { conversation, ...step } = await socket.push<Changed>(2007);
  expect(step).toEqual({ prev: cursor, cursor: cursor + 1 });
  expect(conversation).toMatchObject({ conversation_id: chat, title: "Alice the Second", max_seq: 2 });
  expect(conversation.last_message).toMatchObject({ seq: 2 });
  const { conversations } = await bob.sync(cursor);
  expect(conversations).toMatchObject([{ title: "Alice the Second" }]);
  ok(await alice.put("/user/update", { avatar: "https://a.example/2.png" }));
  await passes(alice, 60_000);
  expect((await socket.push<Changed>(2007)).conversation.avatar).toBe("https://a.example/2.png");
});

test("[LIST-3] changes shortly after one another cause one update and one query, and at most one a minute", async () => {
  const [alice, bob, chat] = await pair();
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 1 }));
  const { cursor } = await bob.sync(0);
  for (const name of ["one", "two", "three"]) {
    ok(await rename(alice, name));
    await passes(alice, 2_000);
  }
  const before = faults.queries;
  await passes(alice, 4_000);
  expect(faults.queries - before).toBe(1);
  expect(await bob.sync(cursor)).toMatchObject({ cursor: cursor + 1, conversations: [{ title: "three" }] });
  for (let second = 0; second < 50; second += 10) {
    ok(await rename(alice, `flicker ${second}`));
    await passes(alice, 10_000);
  }
  expect((await bob.sync(cursor)).cursor).toBe(cursor + 1);
  await passes(alice, 20_000);
  expect(await bob.sync(cursor)).toMatchObject({ cursor: cursor + 2, conversations: [{ title: "flicker 40" }] });
  // A change that no list shows causes no update.
  ok(await alice.put("/user/update", { extra: "{}" }));
  expect(await alarmOf(inboxOf(alice))).toBeNull();
});

test("[LIST-3] the update survives a crash and an outage of D1", async () => {
  const [alice, bob, chat] = await pair();
  await eventually(async () => expect(await bob.entry(chat)).toMatchObject({ max_seq: 1 }));
  const { cursor } = await bob.sync(0);
  ok(await rename(alice, "after a crash"));
  await abortAllDurableObjects();
  faults.fails = () => true;
  await passes(alice, 10_000);
  faults.fails = () => false;
  expect((await bob.sync(cursor)).conversations).toEqual([]);
  await abortAllDurableObjects();
  await passes(alice, 120_000);
  expect((await bob.sync(cursor)).conversations).toMatchObject([{ title: "after a crash" }]);
});

test("[LIST-3] users who share only a group, or nothing, get no update", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  await makeGroup(alice, bob);
  await eventually(async () => expect(await bob.list()).toHaveLength(1));
  const cursors = [await bob.sync(0), await carol.sync(0)].map(({ cursor }) => cursor);
  ok(await rename(alice, "somebody"));
  await passes(alice, 120_000);
  expect([await bob.sync(0), await carol.sync(0)].map(({ cursor }) => cursor)).toEqual(cursors);
});
