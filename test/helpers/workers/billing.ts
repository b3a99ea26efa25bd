import { evictAllDurableObjects } from "cloudflare:test";
import { expect } from "vitest";
import bills from "../../../docs/costs.json";
import { patientCalls, standingClock } from "./faults.ts";
import { isUpdate, meter } from "./meter.ts";
import { alarmOf, eventually, inboxOf, inside, ring, roomOf } from "./objects.ts";
import type { Person } from "./people.ts";

const HOUR = 3_600_000;

/** The effects of an operation: its conversation, its user, and how many inboxes it updates before its alarm. */
export interface Course {
  readonly chat: string;
  readonly by: Person;
  readonly told: number;
}

/** Runs something while an object cannot hibernate: on a slow machine it would, and be read again. */
async function keepingAwake(object: ReturnType<typeof inboxOf>, run: () => Promise<void>): Promise<void> {
  let isDone = false;
  const awake = inside(object, async () => {
    while (!isDone) await scheduler.wait(20);
  });
  try {
    await run();
  } finally {
    isDone = true;
    await awake;
  }
}

/** Compares costs with docs/costs.json. Call it once in a file, before the first object starts. */
export async function billing() {
  const clock = standingClock();
  patientCalls();
  const { reset, read } = await meter();

  /**
   * The cost of an operation, from when all objects sleep until all its work is done. docs/costs.json has the costs;
   * docs/COST.md has them in dollars.
   */
  async function expectCost(
    name: keyof typeof bills.operations,
    operation: () => Promise<unknown>,
    course?: Course,
  ): Promise<void> {
    if (course) await toTheEnd({ ...course, told: 0 });
    await evictAllDurableObjects();
    // Grants of conversations' sockets have expired, as for a socket that rarely sends.
    clock.now += HOUR;
    reset();
    await operation();
    if (course) await toTheEnd(course);
    const { worker, requests, frames, rowsWritten, rowsRead, d1, r2, timers } = read();
    const bill = {
      worker,
      requests: requests.length,
      frames,
      rows_written: rowsWritten,
      rows_read: rowsRead,
      d1,
      ...(r2.writes + r2.reads > 0 && { r2_writes: r2.writes, r2_reads: r2.reads }),
      timers_ms: timers,
    };
    expect.soft({ [name]: bill }).toEqual({ [name]: bills.operations[name] });
  }

  async function toTheEnd(course: Course): Promise<void> {
    const room = roomOf(course.chat);
    await keepingAwake(inboxOf(course.by), async () => {
      await atRest(course);
      for (let due = await alarmOf(room); due !== null; due = await alarmOf(room)) {
        clock.now = Math.max(clock.now, due);
        await ring(room);
        await atRest(course);
      }
    });
  }

  /** Waits until at least this many updates have been answered and none is in flight. */
  async function atRest({ chat, told }: Omit<Course, "by">): Promise<void> {
    await eventually(async () => {
      await inside(roomOf(chat), () => scheduler.wait(50));
      const { requests, pending } = read();
      expect(requests.filter(isUpdate).length).toBeGreaterThanOrEqual(told);
      expect(pending).toBe(0);
    }, 60_000);
  }

  return { clock, reset, read, expectCost, toTheEnd, atRest };
}
