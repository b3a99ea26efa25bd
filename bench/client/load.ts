import type { SendRequest } from "../../src/client/index.ts";
import { pause } from "../runner.ts";
import type { Peer } from "./peer.ts";

/** Repeats an operation on some lanes, one at a time on each, for a given time. @returns operations in a second. */
export async function rateOf(lanes: readonly (() => Promise<unknown>)[], milliseconds: number): Promise<number> {
  const started = performance.now();
  const deadline = started + milliseconds;
  let done = 0;
  await Promise.all(
    lanes.map(async (act) => {
      while (performance.now() < deadline) {
        await act();
        done++;
      }
    }),
  );
  return (done / (performance.now() - started)) * 1_000;
}

/** Makes lanes for `rateOf`: sends on one socket, with this many in flight. */
export function inFlight(count: number, peer: Peer, next: () => SendRequest): (() => Promise<unknown>)[] {
  return Array.from({ length: count }, () => () => peer.send(next()));
}

/** Repeats an operation with pauses between. @returns the milliseconds of each, sorted. */
export async function timesOf(act: () => Promise<unknown>, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    await act();
    times.push(performance.now() - started);
    // Work after the answer (updates to inboxes) must not delay the next operation.
    await pause(2);
  }
  return times.sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
