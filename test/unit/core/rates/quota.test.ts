import { expect, test } from "vitest";
import { Quota, type QuotaStore } from "../../../../src/core/rates/quota.ts";

const HOUR = 3_600_000;
const MOST = 10;
const START = 1_000 * HOUR;

function kept(): QuotaStore & { rows: Map<string, string> } {
  const rows = new Map<string, string>();
  return {
    rows,
    quota: (name) => rows.get(name) ?? "[]",
    putQuota: (name, uses) => void rows.set(name, uses),
  };
}

/** Restarts with each use, so that only stored state counts. */
function use(store: QuotaStore, amount: number, now: number): boolean {
  const quota = new Quota(store, "things", { most: MOST, window: HOUR });
  const taken = quota.take(amount, now);
  if (taken) quota.keep();
  return taken;
}

test("[RATE-2] no hour has more than the quota, wherever it begins and however often the object restarts", () => {
  const store = kept();
  const times: number[] = [];
  for (let now = START; now < START + 6 * HOUR; now += 77_777) if (use(store, 1, now)) times.push(now);
  const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + HOUR).length));
  expect(most).toBe(MOST);
  expect(times.length).toBeGreaterThan(5 * MOST);
  expect(JSON.parse(store.rows.get("things") ?? "").length).toBeLessThanOrEqual(MOST);
});

test("[RATE-2] [RATE-6] it says when a retry succeeds, and the retry does", () => {
  const store = kept();
  expect(use(store, 4, START)).toBe(true);
  expect(use(store, 6, START + 600_000)).toBe(true);
  const quota = new Quota(store, "things", { most: MOST, window: HOUR });
  const now = START + 1_200_000;
  expect([quota.wait(4, now), quota.wait(5, now), quota.wait(MOST + 1, now)]).toEqual([2_400, 3_000, 3_600]);
  expect([use(store, 4, now + 2_399_999), use(store, 4, now + 2_400_000)]).toEqual([false, true]);
});

test("[RATE-2] unused units are returned, and a request for more than is left takes none", () => {
  const quota = new Quota(kept(), "things", { most: MOST, window: HOUR });
  expect(quota.take(MOST, START)).toBe(true);
  expect(quota.take(1, START)).toBe(false);
  quota.giveBack(3, START);
  expect(quota.take(4, START)).toBe(false);
  expect(quota.take(3, START)).toBe(true);
});
