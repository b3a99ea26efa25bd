import { parseArgs } from "node:util";
import { describeAll, describeFailures, describeRound } from "./chaos/report.ts";
import { chaos } from "./chaos/run.ts";

/**
 * Kills a busy server at random moments and checks that nothing was lost. Stops after the first round that fails.
 *
 * npm run chaos -- --rounds 10 --seconds 5 --seed 1
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    seconds: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [rounds, seconds, seed] = [values.rounds, values.seconds, values.seed].map(Number) as [number, number, number];
if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0 && Number.isInteger(seed))) {
  console.error("usage: npm run chaos -- [--rounds 10] [--seconds 5] [--seed 1]");
  process.exit(2);
}

console.log(`seed ${seed}: ${rounds} rounds of up to ${seconds} s`);
const result = await chaos({ rounds, seconds, seed, onRound: (round) => console.log(describeRound(round)) });
if (result.checks.failed > 0) {
  console.error(describeFailures(result, seed));
  process.exit(1);
}
console.log(describeAll(result));
