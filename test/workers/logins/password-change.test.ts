import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { askObject } from "../../../src/core/rpc.ts";
import { signIn } from "../../../src/features/logins/calls.ts";
import { ok } from "../../helpers/workers/api.ts";
import { d1Faults, standingClock } from "../../helpers/workers/faults.ts";
import { alarmOf, eventually, inboxOf, ring } from "../../helpers/workers/objects.ts";
import { changePassword, loginBy, NEW_PASSWORD, PASSWORD, type Person, pair } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ FLOOD_LIMITS: "off" });
const clock = standingClock();
const d1 = d1Faults();
afterEach(() => {
  d1.fails = () => false;
  d1.loses = () => false;
});

const PHONE = 1;
const isSwap = (query: string) => query.startsWith("update") && query.includes("password_hash");
const isAlive = async (who: Person) => (await who.get("/user/info")).code === 0;

/** Rings the alarm until no work is left, as the runtime would within this many seconds. */
async function settle(who: Person, seconds: number): Promise<void> {
  const end = clock.now + seconds * 1_000;
  for (let next = await alarmOf(inboxOf(who)); next !== null; next = await alarmOf(inboxOf(who))) {
    expect(next).toBeLessThanOrEqual(end);
    clock.now = Math.max(clock.now, next);
    await ring(inboxOf(who));
  }
}

async function expectOld(alice: Person, phone: Person): Promise<void> {
  expect([await isAlive(alice), await isAlive(phone)]).toEqual([true, true]);
  expect((await loginBy(alice.id, NEW_PASSWORD)).code).toBe(2008);
  ok(await loginBy(alice.id, PASSWORD));
}

async function expectNew(kept: Person, ended: Person): Promise<void> {
  expect([await isAlive(kept), await isAlive(ended)]).toEqual([true, false]);
  expect((await loginBy(kept.id, PASSWORD)).code).toBe(2008);
  ok(await loginBy(kept.id, NEW_PASSWORD));
}

const crashes: [string, () => Promise<unknown>][] = [
  ["goes on", async () => undefined],
  ["is aborted", () => abortAllDurableObjects()],
];

describe.each(crashes)("the object %s, and", (_, crash) => {
  test("[LOGIN-7] the swap never reaches D1: the old password and all logins, within a minute", async () => {
    const [alice] = await pair();
    const phone = await alice.on(PHONE);
    d1.fails = isSwap;
    expect((await changePassword(alice)).code).toBe(1002);
    await crash();
    d1.fails = () => false;
    await expectOld(alice, phone);
    await settle(alice, 61);
    await expectOld(alice, phone);
  });

  test("[LOGIN-7] D1 swaps, but its answer is lost: the new password and this login only, within a minute", async () => {
    const [alice, bob, chat] = await pair();
    const phone = await alice.on(PHONE);
    const room = await phone.roomSocket(chat);
    d1.loses = isSwap;
    expect((await changePassword(alice)).code).toBe(1002);
    await crash();
    d1.loses = () => false;
    // A user who signs in with the new password meanwhile stays signed in.
    const laptop = ok(await loginBy(alice.id, NEW_PASSWORD, 4)).token;
    await settle(alice, 61);
    await expectNew(alice, phone);
    expect(await isAlive(alice.with(laptop))).toBe(true);
    await bob.text(alice);
    expect(await room.closed).not.toMatchObject({ code: 1000 });
    expect(room.pushedSeqs()).toEqual([]);
  });

  test("[LOGIN-7] D1 is down when the alarm asks for the result: it asks again", async () => {
    const [alice] = await pair();
    const phone = await alice.on(PHONE);
    d1.loses = isSwap;
    expect((await changePassword(alice)).code).toBe(1002);
    d1.fails = () => true;
    await crash();
    await ring(inboxOf(alice));
    expect(await alarmOf(inboxOf(alice))).toBeGreaterThan(clock.now);
    await evictDurableObject(inboxOf(alice));
    d1.fails = () => false;
    d1.loses = () => false;
    await settle(alice, 61);
    await expectNew(alice, phone);
  });
});

test("[LOGIN-7] a login that was checked against the old password cannot complete after the change", async () => {
  const [alice] = await pair();
  const phone = await alice.on(PHONE);
  ok(await changePassword(alice));
  await expectNew(alice, phone);
  const signInByTheOldPassword = () =>
    askObject(inboxOf(alice), signIn, { platform_id: PHONE, password_version: 1, network: "" });
  expect(await signInByTheOldPassword()).toBeNull();
  await evictDurableObject(inboxOf(alice));
  expect(await signInByTheOldPassword()).toBeNull();
});

test("[LOGIN-7] of two concurrent changes one wins, and only its login stays", async () => {
  const [alice] = await pair();
  const phone = await alice.on(PHONE);
  const codes = (await Promise.all([changePassword(alice), changePassword(phone)])).map(({ code }) => code);
  const [winner, loser] = codes[0] === 0 ? [alice, phone] : [phone, alice];
  expect(codes.filter((code) => code === 0).length).toBe(1);
  await expectNew(winner, loser);
  await settle(winner, 61);
  expect([await isAlive(winner), await isAlive(loser)]).toEqual([true, false]);
});

test("[LOGIN-7] a wrong old password changes nothing", async () => {
  const [alice] = await pair();
  const phone = await alice.on(PHONE);
  const answer = await alice.post("/auth/password", { old_password: "wrong one", new_password: NEW_PASSWORD });
  expect(answer.code).toBe(2008);
  await expectOld(alice, phone);
  await eventually(async () => expect(await alarmOf(inboxOf(alice))).toBeNull());
});
