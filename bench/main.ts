// npm run bench [-- --only NAME] [-- --peers] [-- --json FILE] [-- --seed N] [-- --quick]
import { rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { clientLimit } from "./client/limit.ts";
import { changedReads, reactions } from "./measures/amended.ts";
import { connects, memory } from "./measures/connects.ts";
import { fanout } from "./measures/fanout.ts";
import { files } from "./measures/files.ts";
import { attend, largeGroup, wakeUp } from "./measures/large-groups.ts";
import { latency } from "./measures/latency.ts";
import { overload } from "./measures/overload.ts";
import { reads } from "./measures/reads.ts";
import { searching } from "./measures/search.ts";
import { sends } from "./measures/sends.ts";
import { bundle, startup } from "./measures/start.ts";
import { compare } from "./peers/compare.ts";
import { PEER_MARKS, peerFacts, peerTable } from "./peers/report.ts";
import { describeMachine, row, toJson, writeResults, writeTable } from "./report.ts";
import { type Family, type Measure, readable, seededRandom } from "./runner.ts";
import { prepare } from "./servers.ts";

const FAMILIES: readonly Family[] = [
  bundle,
  startup,
  sends,
  latency,
  fanout,
  largeGroup,
  attend,
  wakeUp,
  reads,
  changedReads,
  reactions,
  searching,
  files,
  connects,
  memory,
  overload,
];

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    peers: { type: "boolean", default: false },
    json: { type: "string" },
    seed: { type: "string", default: "1" },
    quick: { type: "boolean", default: false },
  },
});

const names = FAMILIES.flatMap((family) => family.names);
const chosen = FAMILIES.filter(({ names: its }) => values.only === undefined || its.includes(values.only));
if (chosen.length === 0) {
  console.error(`--only ${values.only}: no such measure. Choose one of: ${names.join(", ")}`);
  process.exit(1);
}

const started = Date.now();
const random = seededRandom(Number(values.seed));
const limit = await clientLimit(1_000, random);
const machine = [
  ...describeMachine(Number(values.seed)),
  `client: handles ${readable(limit)} answers/s from a server that does nothing`,
];
console.log(machine.join("\n"));
const builds = await prepare();
const context = {
  builds,
  random,
  progress: (text: string) => console.log(`  ${Math.round((Date.now() - started) / 1_000)} s  ${text}`),
  rounds: values.quick ? 2 : 5,
  milliseconds: values.quick ? 700 : 2_000,
};

try {
  await (values.peers ? comparePeers() : compareFloor());
} finally {
  await rm(builds.folder, { recursive: true, force: true });
}
process.exit();

async function compareFloor(): Promise<void> {
  const measures: Measure[] = [];
  for (const family of chosen) {
    const found = (await family.run(context)).filter(({ name }) => values.only === undefined || name === values.only);
    for (const measure of found) console.log(row(measure));
    measures.push(...found);
  }
  if (values.json !== undefined) await writeFile(values.json, toJson(measures));
  if (values.only === undefined && !values.quick) await writeResults(machine, measures, minutes());
}

async function comparePeers(): Promise<void> {
  const comparison = await compare(context);
  const facts = [...machine, ...peerFacts(comparison)];
  const table = peerTable(comparison);
  console.log([...facts, ...table].join("\n"));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(comparison, null, 2)}\n`);
  if (!values.quick) await writeTable(PEER_MARKS, facts, table, minutes());
}

function minutes(): number {
  return (Date.now() - started) / 60_000;
}
