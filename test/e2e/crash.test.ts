import { beforeAll, expect, test } from "vitest";
import type { Rule } from "../../scripts/chaos/checks.ts";
import { chaos, type Result } from "../../scripts/chaos/run.ts";

const seed = 7;

/** Two kills of a busy server. `npm run chaos` does the same for longer, with other seeds. */
let result: Result;
beforeAll(async () => {
  result = await chaos({ rounds: 2, seconds: 5, seed });
}, 300_000);

function holds(rule: Rule): void {
  expect(
    result.checks.failures.filter((failure) => failure.rule === rule),
    `seed ${seed}, round ${result.rounds.length}`,
  ).toEqual([]);
  expect(result.checks.counts[rule]).toBeGreaterThan(0);
}

test("up to the kill every request is answered, and the checks complete", () => {
  holds("served");
  expect(result.rounds.length).toBe(2);
  for (const { storm, agreement } of result.rounds) {
    expect(storm?.sent).toBeGreaterThan(0);
    expect(storm?.open.length).toBeGreaterThan(0);
    expect(storm?.offline).toBeGreaterThan(0);
    expect(agreement).toBeDefined();
  }
});
test("every SDK reconnects by itself, and sends all its messages", () => holds("settled"));
test("[PUSH-1] onMessage delivers each message once and in order, over all kills", () => holds("heard"));
test("[SYNC-2] every SDK shows the list, the totals and the messages as the server has them", () => holds("shown"));
test("the messages of an SDK are stored in the order in which it got them, in each conversation", () => holds("order"));
test("[SEND-1] every message answered before a kill -9 is stored, with its seq and content", () => holds("stored"));
test("[OPS-1] [OPS-3] [AMEND-3] edits and recalls given to an SDK are done or refused, and what is done is stored", () =>
  holds("amended"));
test("[OPS-5] [OPS-8] [AMEND-3] deletions, pins and reactions are done or refused, stored, and counted once", () =>
  holds("operated"));
test("[OPS-2] [AMEND-2] a pull, 1011, pins, who reacted, and the SDKs' views agree", () => holds("current"));
test("[SEND-2] after it seqs are 1, 2, 3…, without holes or repeats", () => holds("whole"));
test("[SEND-3] each message is stored once, however often it was sent, and retries get the first answer", () =>
  holds("once"));
test("[SEND-6] server_msg_ids rise and send_at does not decrease over restarts", () => holds("rising"));
test("[VIS-2] [VIS-3] answered group changes are stored, and ranges end at their notices", () => holds("visible"));
test("[READ-1] [READ-2] answered read marks did not move back", () => holds("marks"));
test("[UNREAD-1] unread counts what a member sees after the mark", () => holds("unread"));
test("[TELL-1] within 45 s every inbox's list agrees with its conversations", () => holds("told"));
test("[TELL-5] no alarm failed", () => holds("alarms"));
test("[SYNC-1] [SYNC-4] no user's cursor moved back, and the heartbeat has it", () => holds("cursor"));
test("[SYNC-2] sync from 0 and from a cursor of before the kill both return the current list", () => holds("sync"));
test("[SYNC-3] on a new socket the cursors continue where they were", () => holds("chain"));
test("[LIST-1] the list keeps its order and settings, totals are the sum", () => holds("list"));
