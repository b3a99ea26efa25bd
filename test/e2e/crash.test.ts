import { beforeAll, expect, test } from "vitest";
import type { Rule } from "../../scripts/chaos/checks.ts";
import { chaos, type Result } from "../../scripts/chaos/run.ts";

const seed = 7;

/** Two kills of a busy server; `npm run chaos` does the same for longer, with other seeds. */
let result: Result;
beforeAll(async () => {
  result = await chaos({ rounds: 2, seconds: 2, seed });
}, 300_000);

function holds(rule: Rule): void {
  expect(
    result.checks.failures.filter((failure) => failure.rule === rule),
    `seed ${seed}, round ${result.rounds.length}`,
  ).toEqual([]);
  expect(result.checks.counts[rule]).toBeGreaterThan(0);
}

test("up to the kill every request is answered, and the checks come to their end", () => {
  holds("served");
  expect(result.rounds.length).toBe(2);
  for (const { storm, agreement } of result.rounds) {
    expect(storm?.sent).toBeGreaterThan(0);
    expect(storm?.open.length).toBeGreaterThan(0);
    expect(storm?.offline).toBeGreaterThan(0);
    expect(agreement).toBeDefined();
  }
});
test("every SDK comes back by itself, and sends all that it was handed", () => holds("settled"));
test("[PUSH-1] onMessage brings each message once and in order, over all kills", () => holds("heard"));
test("[SYNC-2] every SDK shows the list, the totals and the messages as the server has them", () => holds("shown"));
test("what an SDK was handed for a conversation is there in that order", () => holds("order"));
test("[SEND-1] what was answered before a kill -9 is there, with its seq and content", () => holds("stored"));
test("[SEND-2] after it seqs are 1, 2, 3…: no hole, no repeat", () => holds("whole"));
test("[SEND-3] each message is there once however often it was sent, and retries get the first answer", () =>
  holds("once"));
test("[SEND-6] server_msg_ids rise and send_at does not fall over restarts", () => holds("rising"));
test("[VIS-2] [VIS-3] group changes that were answered are there, and ranges end at their notices", () =>
  holds("visible"));
test("[READ-1] [READ-2] read marks that were answered did not go back", () => holds("marks"));
test("[UNREAD-1] unread is what a member sees after the mark", () => holds("unread"));
test("[TELL-1] within 10 s every inbox's list agrees with its conversations", () => holds("told"));
test("[TELL-5] no alarm failed", () => holds("alarms"));
test("[SYNC-1] [SYNC-4] no user's cursor went back, and the heartbeat tells it", () => holds("cursor"));
test("[SYNC-2] sync from 0 and from a cursor of before the kill both give the list as it is", () => holds("sync"));
test("[SYNC-3] on a new socket the cursors go on where they were", () => holds("chain"));
test("[LIST-1] the list keeps its order and settings, totals are the sum", () => holds("list"));
