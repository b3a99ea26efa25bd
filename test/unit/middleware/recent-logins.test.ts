import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RecentLogins } from "../../../src/middleware/recent-logins.ts";

/** Checks and works that end when the test says so. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const accepted = () => Promise.resolve();
const refused = () => Promise.reject(new Error("refused"));

describe("[RATE-3] work ahead of its check", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("does not start for a login that was not accepted before", async () => {
    const logins = new RecentLogins();
    const work = vi.fn(async () => "read");
    await expect(logins.run("ann", refused, work)).rejects.toThrow("refused");
    expect(work).not.toHaveBeenCalled();
    expect(await logins.run("ann", accepted, work)).toBe("read");
  });

  test("starts for 10 s after an accepted request, and is answered once the check has passed", async () => {
    const logins = new RecentLogins();
    await logins.run("ann", accepted, async () => "first");
    const check = deferred<void>();
    const work = vi.fn(async () => "second");
    const answer = logins.run("ann", () => check.promise, work);
    expect(work).toHaveBeenCalledOnce();
    const settled = vi.fn();
    void answer.then(settled);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(settled).not.toHaveBeenCalled();
    check.resolve();
    expect(await answer).toBe("second");

    vi.advanceTimersByTime(10_001);
    const late = vi.fn(async () => "late");
    await expect(logins.run("ann", refused, late)).rejects.toThrow("refused");
    expect(late).not.toHaveBeenCalled();
  });

  test("is never answered if the check refuses, and then the next requests wait", async () => {
    const logins = new RecentLogins();
    await logins.run("ann", accepted, async () => "first");
    await expect(logins.run("ann", refused, async () => "secret")).rejects.toThrow("refused");
    const work = vi.fn(async () => "next");
    await expect(logins.run("ann", refused, work)).rejects.toThrow("refused");
    expect(work).not.toHaveBeenCalled();
  });

  test("a failed work does not hide the refusal, and is not unhandled", async () => {
    const logins = new RecentLogins();
    await logins.run("ann", accepted, async () => "first");
    const failing = () => Promise.reject(new Error("no permission"));
    await expect(logins.run("ann", refused, failing)).rejects.toThrow("refused");
    await logins.run("ann", accepted, async () => "again");
    await expect(logins.run("ann", accepted, failing)).rejects.toThrow("no permission");
  });

  test("runs at most four times at once, however many requests come", async () => {
    const logins = new RecentLogins();
    await logins.run("ann", accepted, async () => "first");
    const check = deferred<void>();
    const work = vi.fn(async () => "read");
    const answers = Array.from({ length: 50 }, () => logins.run("ann", () => check.promise, work));
    expect(work).toHaveBeenCalledTimes(4);
    check.reject(new Error("refused"));
    expect((await Promise.allSettled(answers)).every(({ status }) => status === "rejected")).toBe(true);
    expect(work).toHaveBeenCalledTimes(4);
  });

  test("another login has no part in it", async () => {
    const logins = new RecentLogins();
    await logins.run("ann", accepted, async () => "first");
    const work = vi.fn(async () => "read");
    await expect(logins.run("ben", refused, work)).rejects.toThrow("refused");
    expect(work).not.toHaveBeenCalled();
  });
});
