import { evictAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { patientCalls, standingClock } from "../../helpers/workers/faults.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { meter } from "../../helpers/workers/meter.ts";
import { alarmOf, eventually, inside, ring, roomOf } from "../../helpers/workers/objects.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { type Person, pair } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ WEBHOOKS: "on" });
Object.assign(env, { HOOKS: undefined });
const clock = standingClock();
patientCalls();
const { reset, read } = await meter();
let events = 0;
const queue = {
  sendBatch: async (messages: readonly unknown[]) => {
    events += messages.length;
  },
};

/** Rows that a text writes, until all its work is done. */
async function rowsOf(text: () => Promise<unknown>, chat: string): Promise<number> {
  const room = roomOf(chat);
  const atRest = () =>
    eventually(async () => {
      await inside(room, () => scheduler.wait(50));
      expect(read().pending).toBe(0);
    }, 60_000);
  const toTheEnd = async () => {
    await atRest();
    for (let due = await alarmOf(room); due !== null; due = await alarmOf(room)) {
      clock.now = Math.max(clock.now, due);
      await ring(room);
      await atRest();
    }
  };
  await toTheEnd();
  await evictAllDurableObjects();
  clock.now += 3_600_000;
  reset();
  await text();
  await toTheEnd();
  return read().rowsWritten;
}

test("[HOOK-1] [TELL-4] a text writes as many rows with events as without", async () => {
  const [alice, bob, chat]: [Person, Person, string] = await pair();
  const without = await rowsOf(() => alice.text(bob), chat);
  expect(events).toBe(0);
  Object.assign(env, { HOOKS: queue });
  const withEvents = await rowsOf(() => alice.text(bob), chat);
  expect(events).toBe(1);
  expect(withEvents).toBe(without);
  expect(without).toBeGreaterThan(0);
});

test("[HOOK-1] a reaction costs four rows more while an endpoint wants to hear of it, and none while none does", async () => {
  const key = await makeKey("hooks");
  const endpoint = { url: "https://app.nexo.chat/in", types: ["message.sent"] };
  const { hook_id } = ok(await key.post<{ hook_id: string }>("/admin/hooks", endpoint));
  const [alice, bob, chat] = await pair();
  await alice.text(bob);
  const own = operating(alice, chat);
  const react = (emoji: string) => async () => ok(await own.react(1, emoji));
  Object.assign(env, { HOOKS: undefined });
  // The first one makes tables.
  await rowsOf(react("👍"), chat);
  const without = await rowsOf(react("👏"), chat);
  Object.assign(env, { HOOKS: queue });
  // The first change asks what is wanted; the alarm that it sets stores a rev, which the next answer brings to the inbox.
  await rowsOf(react("🔥"), chat);
  await rowsOf(react("❤️"), chat);
  const unwanted = await rowsOf(react("🎉"), chat);
  ok(await key.put(`/admin/hooks/${hook_id}`, { types: ["message.changed"] }));
  clock.now += 61_000;
  const back = (emoji: string) => async () => ok(await own.react(1, emoji, false));
  await rowsOf(back("👍"), chat);
  const before = events;
  const wanted = await rowsOf(back("👏"), chat);
  expect(events).toBe(before + 1);
  expect([unwanted, wanted]).toEqual([without, without + 4]);
});
