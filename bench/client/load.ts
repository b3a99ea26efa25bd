import type { SendRequest } from "../../src/client/index.ts";
import { pause } from "../runner.ts";
import type { Peer } from "./peer.ts";

/**
 * Does something again and again on some lanes, one at a time on each, for so long.
 * @returns how often a second.
 */
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

/** Sends that many in flight on one socket, as lanes of `rateOf`. */
export function inFlight(count: number, peer: Peer, next: () => SendRequest): (() => Promise<unknown>)[] {
  return Array.from({ length: count }, () => () => peer.send(next()));
}

/** Does something many times, with a rest between. @returns the milliseconds each took, sorted. */
export async function timesOf(act: () => Promise<unknown>, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    await act();
    times.push(performance.now() - started);
    // Whatever comes after the answer (telling others) is not to delay the next.
    await pause(2);
  }
  return times.sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
