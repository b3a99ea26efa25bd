import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { patientCalls, standingClock } from "../../helpers/workers/faults.ts";
import { type Bill, isUpdate, meter } from "../../helpers/workers/meter.ts";
import {
  deliver,
  eventually,
  expectAgreement,
  inboxOf,
  inside,
  ring,
  roomOf,
  rows,
  sendFrames,
} from "../../helpers/workers/objects.ts";
import { makeGroup, outgoing, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

// The largest group that is told eagerly.
settings({ LARGE_GROUP: 500 });
const BURST = 64;
const clock = standingClock();
patientCalls();
const { reset, read } = await meter();

/** Rings the alarm five seconds after a change, which stores the marks of inboxes. @returns whether one was set */
function fiveSecondsLater(id: string): Promise<boolean> {
  clock.now += 5_000;
  return ring(roomOf(id));
}

/** Starts counting once no work is left. */
async function fromRest(id: string): Promise<void> {
  while (await fiveSecondsLater(id));
  reset();
}

/** Logs the current cost of an operation. */
function report(what: string, { requests, frames, rows: written, rowsWritten, d1 }: Bill): void {
  const calls: Record<string, number> = {};
  for (const name of requests) calls[name] = (calls[name] ?? 0) + 1;
  console.info(JSON.stringify({ what, requests: requests.length, calls, frames, rowsWritten, written, d1 }));
}

test("[TELL-4] a single text in a single chat: 2 requests before its answer, 5 in all, 8 rows, no D1 query", async () => {
  const [alice, bob, chat] = await pair();
  await fromRest(chat);
  await alice.text(bob);
  const toAnswer = read().requests.filter((name) => !isUpdate(name));
  expect(toAnswer).toEqual(["messages.send", "append"]);
  await eventually(() => expect(read().requests.some(isUpdate)).toBe(true));
  while (await fiveSecondsLater(chat));
  const bill = read();
  report("a text in a single chat", bill);
  expect(bill.requests.length).toBeLessThanOrEqual(5);
  expect(bill.rowsWritten).toBeLessThanOrEqual(8);
  expect(bill.rowsWritten).toBeGreaterThanOrEqual(6);
  expect(bill.d1).toBe(0);
  await expectAgreement(chat, [alice, bob]);
});

test("[TELL-4] a burst of 64 from one sender: at most 3 rows and half a request for each message", async () => {
  for (const kind of ["own", "room"] as const) {
    const [alice, bob, chat] = await pair();
    const socket = await alice.socket(kind === "own" ? {} : { conversation_id: chat });
    await fromRest(chat);
    const bodies = Array.from({ length: BURST }, () => outgoing(bob, "x"));
    await deliver(kind === "own" ? inboxOf(alice) : roomOf(chat), sendFrames("burst-", bodies));
    await socket.answer(`burst-${BURST - 1}`);
    while (await fiveSecondsLater(chat));
    const bill = read();
    report(`a burst of ${BURST} on the ${kind} socket`, bill);
    expect(bill.frames).toBe(BURST);
    expect(bill.rowsWritten).toBeLessThanOrEqual(BURST * 3);
    expect(bill.rowsWritten).toBeGreaterThanOrEqual(BURST);
    // A received frame counts as a twentieth of a request.
    expect(bill.requests.length + bill.frames / 20).toBeLessThanOrEqual(BURST / 2);
    expect(bill.d1).toBe(0);
    await expectAgreement(chat, [alice, bob]);
  }
});

const INTO_LIST = "INSERT INTO conversations (conversation_";

test("[TELL-4] [SEND-1] updates to 500 members: one row for the mark, one for each inbox, one request each", {
  timeout: 120_000,
}, async () => {
  const [owner] = await people("owner");
  const members = Array.from({ length: 499 }, (_, index) => ({ id: `of-many-${index}` }));
  const insert = env.DB.prepare(
    "INSERT INTO users (user_id, nickname, password_hash, created_at) VALUES (?, '', '', 0)",
  );
  await env.DB.batch(members.map(({ id }) => insert.bind(id)));
  reset();
  const { id: group_id } = ok(
    await owner.post<{ id: string }>("/group/create", { name: "many", member_ids: members.map(({ id }) => id) }),
  );
  const id = `sg_${group_id}`;
  const allTold = async () => {
    // Calls keep the conversation awake: if it hibernated on a slow machine, it would have to update all of them again.
    await inside(roomOf(id), () => scheduler.wait(200));
    expect(read()).toMatchObject({ pending: 0, rows: { [INTO_LIST]: 500 } });
  };
  await eventually(allTold, 50_000);
  await fromRest(id);
  await owner.text({ group_id });
  await eventually(allTold, 50_000);
  const sent = read();
  expect(sent.requests.length).toBe(2 + 499);
  report("a text to 500 members, until all inboxes are updated", sent);
  expect(sent.d1).toBe(0);
  expect(sent.rowsWritten).toBeLessThanOrEqual(5 + 500);
  reset();
  expect(await fiveSecondsLater(id)).toBe(true);
  const alarm = read();
  report("its alarm", alarm);
  // The sender's own inbox gets one more update, since the conversation cannot know whether the answer reached it.
  expect(alarm.requests).toEqual(["alarm", expect.toSatisfy(isUpdate)]);
  // The sender's read mark is stored with the mark of the inboxes.
  expect(Object.entries(alarm.rows)).toEqual([
    [expect.stringMatching(/^UPDATE members/), 1],
    [expect.stringMatching(/^UPDATE room/), 1],
  ]);
  expect(await rows(roomOf(id), "SELECT told_seq FROM room")).toEqual([{ told_seq: 1 }]);
  expect(await fiveSecondsLater(id)).toBe(false);
});

test("[SEND-7] reads: a pull is 2 requests, a list 1 and one D1 query, and nothing is written", async () => {
  const [alice, bob, chat] = await pair();
  await makeGroup(alice, bob);
  const looks: [what: string, requests: number, d1: number, look: () => Promise<unknown>][] = [
    ["a pull", 2, 0, () => alice.pull(chat)],
    ["a list", 1, 1, () => alice.list()],
    ["a sync", 1, 1, () => alice.sync(0)],
    ["a read state", 2, 0, () => alice.readState(chat)],
    ["the totals", 1, 0, () => alice.get("/conversation/unread_count")],
  ];
  await fromRest(chat);
  for (const [what, requests, d1, look] of looks) {
    reset();
    await look();
    const bill = read();
    report(what, bill);
    expect([bill.requests.length, bill.d1, bill.rowsWritten], what).toEqual([requests, d1, 0]);
  }
});

test("[READ-3] the cost of a mark, over REST and on the conversation's socket", async () => {
  const [alice, bob, chat] = await pair();
  const socket = await bob.roomSocket(chat);
  for (const mark of [() => bob.read(chat, 99), () => socket.request(1007, { conversation_id: chat, read_seq: 99 })]) {
    await alice.text(bob);
    await fromRest(chat);
    await mark();
    while (await fiveSecondsLater(chat));
    const bill = read();
    report("a read mark in a single chat", bill);
    expect(bill.requests.length).toBeLessThanOrEqual(5);
    expect(bill.rowsWritten).toBeLessThanOrEqual(6);
  }
});
