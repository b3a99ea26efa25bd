import { registerHooks } from "node:module";
import { parseArgs } from "node:util";

/**
 * Plays many seeds: `node test/simulation/run.ts --seeds 5000`; or one with a trace of all events: `node
 * test/simulation/run.ts --seed 4711 --trace`. Stops after ten failures, or `--most`.
 */

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "cloudflare:workers"
      ? { url: new URL("./platform/cloudflare.ts", import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
const { simulate } = await import("./simulation.ts");

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    most: { type: "string", default: "10" },
    trace: { type: "boolean", default: false },
  },
});
const first = Number(values.seed ?? 1);
const count = Number(values.seeds ?? (values.seed === undefined ? 1_000 : 1));
const began = performance.now();
const print = console.log;
const failed: number[] = [];
let events = 0;
let played = 0;
for (let seed = first; seed < first + count; seed++) {
  const outcome = await simulate(seed, values.trace ? (line) => print(line) : null);
  events += outcome.events;
  played++;
  if (outcome.complaints.length === 0) continue;
  failed.push(seed);
  console.error(`seed ${seed} fails (npm run simulate -- --seed ${seed} --trace):`);
  for (const complaint of outcome.complaints.slice(0, 8)) console.error(`  ${complaint}`);
  if (failed.length >= Number(values.most)) break;
}
const seconds = (performance.now() - began) / 1_000;
const rate = Math.round(played / seconds);
console.log(
  `${played} seeds from ${first}, ${events} events in ${seconds.toFixed(1)} s (${rate} seeds/s); ${failed.length} failed`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
