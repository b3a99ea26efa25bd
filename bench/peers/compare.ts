import { chmod } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { textOf } from "../client/messages.ts";
import { type Context, Series, type Side, takeTurns } from "../runner.ts";
import { CONTESTS, type Contest } from "./contests.ts";
import { findEjabberd, startEjabberd } from "./ejabberd/system.ts";
import { startOurSystem } from "./ours.ts";
import { findReference, startReference } from "./reference/system.ts";
import { Started, type System } from "./system.ts";

/** Seconds that a turn may take. A text that never arrives ends the run, so that it is not taken for a slow one. */
const PATIENCE = 60;

export interface Comparison {
  readonly systems: readonly Pick<System, "name" | "versions" | "durability">[];
  /** What was left out and why, and how busy the machine was before. */
  readonly facts: readonly string[];
  readonly rows: readonly PeerRow[];
}

/** One measure, in the order of the systems. */
export interface PeerRow {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** How much of a processor the client used, in per cent. */
  readonly busy: readonly number[];
}

/** Measures this server and its peers by turns, each with its own stores on the same disk. */
export async function compare(context: Context): Promise<Comparison> {
  const facts = [describeLoad()];
  const started = new Started();
  try {
    const systems = await startAll(context, facts, started);
    const text = textOf(context.random);
    const rows: PeerRow[] = [];
    for (const contest of CONTESTS) rows.push(...(await run(contest, systems, context, text)));
    return { systems, facts, rows };
  } finally {
    await started.stop();
  }
}

async function startAll({ builds, progress }: Context, facts: string[], started: Started): Promise<System[]> {
  // The stores of the peers belong to another user, who has to get there.
  await chmod(builds.folder, 0o711);
  const systems: System[] = [];
  const add = (system: System) => systems.push(started.add(system));
  for (const socket of ["user", "conversation"] as const) {
    add(await startOurSystem(builds, join(builds.folder, `state-${socket}`), socket));
  }
  const ejabberd = findEjabberd();
  if ("missing" in ejabberd) facts.push(`ejabberd is left out: the package ${ejabberd.missing} is missing`);
  else add(await startEjabberd(ejabberd, join(builds.folder, "ejabberd")));
  const reference = findReference();
  if ("missing" in reference) facts.push(`Node is left out: the package ${reference.missing} is missing`);
  else add(await startReference(reference, join(builds.folder, "reference")));
  for (const { name, versions } of systems) progress(`${name} is up (${versions})`);
  return systems;
}

async function run(contest: Contest, systems: readonly System[], context: Context, text: string): Promise<PeerRow[]> {
  const sides: { series: Series; close: () => Promise<unknown> }[] = [];
  for (const system of systems) {
    const { ends, turn } = await contest.prepare(system);
    sides.push({
      series: new Series(() => inTime(turn(text, context.milliseconds), `${system.name}, ${contest.label}`)),
      close: () => Promise.all(ends.map((end) => end.close())),
    });
  }
  const series = sides.map((side) => side.series);
  await takeTurns(context, contest.label, series);
  for (const { close } of sides) await close();
  const found: Side[] = series.map((each) => each.side());
  return Object.entries(contest.measures).map(([name, unit]) => ({
    name,
    unit,
    values: found.map(({ medians }) => medians[name] ?? Number.NaN),
    busy: found.map(({ busy }) => busy),
  }));
}

/** Other work on the machine slows the systems down unequally, by what each asks of the disk and the processors. */
function describeLoad(): string {
  const [load = 0] = loadavg();
  const isBusy = load > cpus().length / 2;
  const warning = isBusy
    ? ". **Other work kept the machine busy: do not take these values for what the servers can do**"
    : "";
  return `load of the machine in the minute before: ${load.toFixed(2)}${warning}`;
}

async function inTime<T>(turn: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what}: no end after ${PATIENCE} seconds`)), PATIENCE * 1_000);
  try {
    return await Promise.race([turn, late]);
  } finally {
    clearTimeout(timer);
  }
}
