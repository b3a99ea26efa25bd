import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Alarm } from "../../../src/durable/alarm.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("work that throws keeps no other work from running, and the alarm rings again in a minute", async () => {
  const setAlarm = vi.fn(async () => undefined);
  const alarm = new Alarm({ setAlarm } as unknown as DurableObjectStorage);
  const done: string[] = [];
  const failing = async () => {
    throw new Error("D1 is away");
  };
  await alarm.ring("me", [() => void done.push("first"), failing, () => void done.push("last")]);
  expect(done).toEqual(["first", "last"]);
  expect(setAlarm.mock.calls).toEqual([[1_060_000]]);
  expect(console.error).toHaveBeenCalledOnce();
});

test("an alarm is set only where it has to ring earlier", () => {
  const setAlarm = vi.fn(async () => undefined);
  const alarm = new Alarm({ setAlarm } as unknown as DurableObjectStorage);
  for (const time of [500, 600, 400, 400]) alarm.at(time);
  expect(setAlarm.mock.calls).toEqual([[500], [400]]);
});
