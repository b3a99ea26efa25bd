import { expect, test } from "vitest";
import { simulate } from "./simulation.ts";

/** The first seed. SIMULATION_SEED changes it. SIMULATION_SEEDS sets the number of seeds, however long they take. */
const first = Number(process.env.SIMULATION_SEED ?? 1);
const count = Number(process.env.SIMULATION_SEEDS ?? Number.POSITIVE_INFINITY);
const MILLISECONDS = process.env.SIMULATION_SEEDS === undefined ? 10_000 : Number.POSITIVE_INFINITY;
const AT_LEAST = 50;

test("[SEND-1] [SEND-2] [SEND-3] [SEND-6] [VIS-1] [VIS-2] [VIS-3] [READ-1] [UNREAD-1] [TELL-1] [TELL-2] [TELL-5] [SYNC-2] " +
  "[LIST-1] [BAN-1] [JOIN-2] [SWITCH-1] [DATA-1] [EXPORT-1] [EXPORT-2] [SEARCH-1] [SEARCH-2] [ERASE-1] [ERASE-2] [ERASE-3] [ERASE-5] after any faults all users have exactly what they may see", {
  timeout: 3_600_000,
}, async () => {
  const began = performance.now();
  const failed: string[] = [];
  for (let seed = first; seed < first + count && failed.length < 3; seed++) {
    const { complaints } = await simulate(seed);
    if (complaints.length > 0)
      failed.push(`npm run simulate -- --seed ${seed} --trace: ${complaints.slice(0, 5).join("; ")}`);
    if (seed >= first + AT_LEAST && performance.now() - began > MILLISECONDS) break;
  }
  expect(failed).toEqual([]);
});

test("the same seed gives the same run", async () => {
  const traces = [[], []] as [string[], string[]];
  for (const trace of traces) await simulate(first + 16, (line) => trace.push(line));
  expect(traces[0]).toEqual(traces[1]);
});
