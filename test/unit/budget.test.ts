import { expect, test } from "vitest";
import { Budget } from "../../src/inbox/budget.ts";

const RATE = 20;
const BURST = 100;
const fresh = () => new Budget(RATE, BURST, 0);
const rooms = (count: number) => Array.from({ length: count }, (_, index) => `room ${index}`);

test("[RATE-1] conversations' sockets opened at once leave something for every other path", () => {
  const budget = fresh();
  const granted = rooms(15).map((socket) => budget.grant(socket, 0).sends);
  expect(Math.min(...granted)).toBeGreaterThan(0);
  const left = budget.take(BURST, 0);
  expect(left).toBeGreaterThan(0);
  expect(granted.reduce((sum, sends) => sum + sends, left)).toBe(BURST);
});

test("[RATE-1] a conversation's socket can send at the rate for as long as it likes", () => {
  const budget = fresh();
  let sent = 0;
  for (let now = 0; now < 60_000; now += 1_000) {
    for (let wanted = RATE; wanted > 0; ) {
      const { sends } = budget.grant("room", now);
      expect(sends).toBeGreaterThan(0);
      const used = Math.min(sends, wanted);
      wanted -= used;
      sent += used;
    }
  }
  expect(sent).toBe(60 * RATE);
});

test("[RATE-1] a grant that is kept and then used at once brings no more than the burst", () => {
  const budget = fresh();
  const kept = budget.grant("room", 0).sends;
  expect(kept + budget.grant("room", 9_000).sends + budget.take(BURST, 9_000)).toBe(BURST);
});

test("[RATE-1] a socket that closes gives its room back, but not at once", () => {
  const budget = fresh();
  const { sends } = budget.grant("room", 0);
  budget.released("room", 0);
  expect(budget.take(BURST, 0)).toBe(BURST - sends);
  expect(budget.take(BURST, 9_000)).toBe(BURST);
});
