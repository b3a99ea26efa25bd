import { expect, test } from "vitest";
import { Budget, SMALL_GRANT } from "../../../../src/core/rates/budget.ts";

const RATE = 20;
const BURST = 100;
const LASTS = 10_000;
const fresh = () => new Budget(RATE, BURST, 0);
const rooms = (count: number) => Array.from({ length: count }, (_, index) => `room ${index}`);

test("[RATE-1] conversations' sockets opened at the same time leave budget for every other path", () => {
  const budget = fresh();
  const granted = rooms(15).map((socket) => budget.grant(socket, 0 + LASTS, 0));
  expect(Math.min(...granted)).toBeGreaterThan(0);
  const left = budget.take(BURST, 0);
  expect(left).toBeGreaterThan(0);
  expect(granted.reduce((sum, sends) => sum + sends, left)).toBe(BURST);
});

test("[RATE-3] twenty sockets opened at the same time leave a third of the requests to every other path", () => {
  const budget = new Budget(RATE, 200, 0, SMALL_GRANT);
  const granted = rooms(20).map((socket) => budget.grant(socket, 0 + LASTS, 0));
  expect(Math.min(...granted)).toBeGreaterThanOrEqual(SMALL_GRANT.least);
  expect(budget.take(200, 0)).toBeGreaterThanOrEqual(200 / 3);
});

test("[RATE-1] a conversation's socket can send at the rate without end", () => {
  const budget = fresh();
  let sent = 0;
  for (let now = 0; now < 60_000; now += 1_000) {
    for (let wanted = RATE; wanted > 0; ) {
      const sends = budget.grant("room", now + LASTS, now);
      expect(sends).toBeGreaterThan(0);
      const used = Math.min(sends, wanted);
      wanted -= used;
      sent += used;
    }
  }
  expect(sent).toBe(60 * RATE);
});

test("[RATE-1] a grant that is kept and then used at once gives at most the burst", () => {
  const budget = fresh();
  const kept = budget.grant("room", 0 + LASTS, 0);
  expect(kept + budget.grant("room", 9_000 + LASTS, 9_000) + budget.take(BURST, 9_000)).toBe(BURST);
});

test("[RATE-1] a socket that closes returns its share, but not at once", () => {
  const budget = fresh();
  const sends = budget.grant("room", 0 + LASTS, 0);
  budget.released("room", 0);
  expect(budget.take(BURST, 0)).toBe(BURST - sends);
  expect(budget.take(BURST, 9_000)).toBe(BURST);
});

test("[RATE-1] a socket that reports the rest of its grant loses nothing by asking for another", () => {
  const budget = fresh();
  for (let time = 0; time < 10; time++) budget.grant("room", LASTS, 0, BURST);
  expect(budget.grant("room", LASTS, 0, BURST) + budget.take(BURST, 0)).toBe(BURST);
});

test("[RATE-1] a socket never returns more than it was granted", () => {
  const budget = fresh();
  expect(budget.take(BURST, 0)).toBe(BURST);
  budget.grant("room", LASTS, 0, 1_000);
  expect(budget.take(BURST, 0)).toBe(0);
});

test("[RATE-1] [RATE-6] it says to the second when there will be enough", () => {
  const budget = fresh();
  budget.take(BURST, 0);
  expect([budget.wait(1, 0), budget.wait(RATE, 0), budget.wait(RATE + 1, 0)]).toEqual([1, 1, 2]);
  expect(budget.wait(BURST, 0)).toBe(BURST / RATE);
  expect(budget.takeAll(BURST, 4_999)).toBe(false);
  expect(budget.takeAll(BURST, 5_000)).toBe(true);
  const lent = fresh();
  lent.grant("room", LASTS, 0);
  expect(lent.wait(BURST, 0)).toBe(LASTS / 1_000);
});
