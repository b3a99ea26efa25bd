import { evictAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import costs from "../../docs/costs.json";
import { patientCalls, standingClock } from "../helpers/workers/faults.ts";
import { meter } from "../helpers/workers/meter.ts";
import { alarmOf, eventually, inboxOf, inside, ring, roomOf } from "../helpers/workers/objects.ts";
import { makeGroup, type Person, pair, people } from "../helpers/workers/people.ts";

const clock = standingClock();
patientCalls();
const { reset, read } = await meter();

/** What an operation costs until nothing of it is left to do. docs/costs.json says what; docs/COST.md, in dollars. */
async function expectCost(name: keyof typeof costs, chat: string, operation: () => Promise<unknown>): Promise<void> {
  while (await later(chat));
  reset();
  await operation();
  await atRest(chat);
  while (await later(chat)) await atRest(chat);
  const { requests, frames, rowsWritten, rowsRead, d1 } = read();
  const bill = { requests: requests.length, frames, rows_written: rowsWritten, rows_read: rowsRead, d1 };
  expect.soft({ [name]: bill }).toEqual({ [name]: costs[name] });
}

function later(chat: string): Promise<boolean> {
  clock.now += 5_000;
  return ring(roomOf(chat));
}

async function atRest(chat: string): Promise<void> {
  await eventually(async () => {
    await inside(roomOf(chat), () => scheduler.wait(50));
    expect(read().pending).toBe(0);
  }, 25_000);
}

test("[TELL-4] a text in a single chat costs the same whether the peer is there or not", async () => {
  const [alice, bob, chat] = await pair();
  await expectCost("text, single chat, peer offline", chat, () => alice.text(bob));
  await bob.socket();
  await alice.socket();
  await expectCost("text, single chat, both online", chat, () => alice.text(bob));
});

test.each([10, 100] as const)("[TELL-4] a text in a group of %i", { timeout: 60_000 }, async (size) => {
  const names = Array.from({ length: size }, (_, at) => `of-${size}-${at}`);
  const [owner, ...members] = await people(...names);
  if (!owner) throw new Error("nobody");
  const group = await makeGroup(owner, ...members);
  const chat = `sg_${group.group_id}`;
  const online = (some: readonly Person[]) => Promise.all(some.map((member) => member.socket()));
  await online(members.slice(0, size / 10));
  await expectCost(`text, group of ${size}, a tenth online`, chat, () => owner.text(group));
  await online(members.slice(size / 10));
  await expectCost(`text, group of ${size}, all online`, chat, () => owner.text(group));
});

test("[SEND-7] [READ-3] looking, marking, connecting", async () => {
  const [alice, bob, chat] = await pair();
  await alice.text(bob);
  await expectCost("pull", chat, () => bob.pull(chat));
  await expectCost("list", chat, () => bob.list());
  await expectCost("sync", chat, () => bob.sync(0));
  await expectCost("mark_read", chat, () => bob.read(chat, 1));
  await expectCost("connect, user's socket", chat, () => bob.socket());
  await expectCost("connect, conversation's socket", chat, () => bob.roomSocket(chat));
});

test("[SOCK-3] [SYNC-4] [PRES-2] a heartbeat and an idle hour cost nothing, an hour of watching little", async () => {
  const [alice, bob, chat] = await pair();
  const [mine] = [await alice.socket(), await bob.socket()];
  await expectCost("heartbeat", chat, () => mine.ping());
  const hour = async () => {
    for (let minute = 0; minute < 60; minute++) {
      clock.now += 60_000;
      for (const inbox of [alice, bob].map(inboxOf)) {
        const due = await alarmOf(inbox);
        if (due !== null && due <= clock.now) await ring(inbox);
      }
    }
  };
  await expectCost("socket, an idle hour", chat, hour);
  await mine.request(1010, { user_ids: [bob.id] });
  await expectCost("watching somebody online, an hour", chat, hour);
  await evictAllDurableObjects();
});
