import type { Builds } from "./servers.ts";

/** One line of the result. For a time or a size `better` is "lower", and the ratio is floor ÷ value. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly floor: number;
  readonly better: "higher" | "lower";
  /** The lowest acceptable ratio; absent if the number is for information only. */
  readonly target?: number;
  /** How busy the client was while it measured the server and the floor. At 100 % the client would be the limit. */
  readonly client?: { readonly ours: number; readonly floor: number };
}

export interface Context {
  readonly builds: Builds;
  readonly random: () => number;
  readonly progress: (text: string) => void;
  /** Rounds of each side; seconds of a round. */
  readonly rounds: number;
  readonly milliseconds: number;
}

/** Measures that share a set-up. */
export interface Family {
  readonly names: readonly string[];
  readonly run: (context: Context) => Promise<Measure[]>;
}

export function ratioOf({ value, floor, better }: Pick<Measure, "value" | "floor" | "better">): number {
  return better === "higher" ? value / floor : floor / value;
}

export interface Side {
  readonly medians: Readonly<Record<string, number>>;
  readonly busy: number;
}

/**
 * Measures both sides in turns, A B A B…, so that other load on the machine affects both alike. The first turn of each
 * is a warm-up and does not count.
 */
export async function interleave(
  { rounds, progress }: Pick<Context, "rounds" | "progress">,
  label: string,
  ours: () => Promise<Record<string, number>>,
  floor: () => Promise<Record<string, number>>,
): Promise<{ ours: Side; floor: Side }> {
  const sides = { ours: new Series(ours), floor: new Series(floor) };
  await takeTurns({ rounds, progress }, label, [sides.ours, sides.floor]);
  return { ours: sides.ours.side(), floor: sides.floor.side() };
}

/** Measures any number of sides by turns, A B C A B C… */
export async function takeTurns(
  { rounds, progress }: Pick<Context, "rounds" | "progress">,
  label: string,
  sides: readonly Series[],
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const series of sides) {
      await series.measure(round > 0);
      await pause(200);
    }
    progress(`${label}: round ${round} of ${rounds}, ${sides.map(({ last }) => last).join(" against ")}`);
  }
}

/** What one side measured in its turns. */
export class Series {
  readonly #work: () => Promise<Record<string, number>>;
  readonly #values = new Map<string, number[]>();
  readonly #busy: number[] = [];
  last = "";

  constructor(work: () => Promise<Record<string, number>>) {
    this.#work = work;
  }

  async measure(counts: boolean): Promise<void> {
    const cpu = process.cpuUsage();
    const started = performance.now();
    const result = await this.#work();
    const { user, system } = process.cpuUsage(cpu);
    this.last = Object.values(result).map(readable).join(" ");
    if (!counts) return;
    this.#busy.push((user + system) / 10 / (performance.now() - started));
    for (const [name, value] of Object.entries(result)) {
      this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
    }
  }

  side(): Side {
    const medians = Object.fromEntries([...this.#values].map(([name, values]) => [name, median(values)]));
    return { medians, busy: Math.round(median(this.#busy)) };
  }
}

/** Makes measures of the results of `interleave` under some names. */
export function measuresOf(
  sides: { ours: Side; floor: Side },
  table: Readonly<Record<string, Pick<Measure, "unit" | "better" | "target">>>,
): Measure[] {
  const client = { ours: sides.ours.busy, floor: sides.floor.busy };
  return Object.entries(table).map(([name, row]) => ({
    name,
    ...row,
    value: sides.ours.medians[name] ?? Number.NaN,
    floor: sides.floor.medians[name] ?? Number.NaN,
    client,
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Three significant digits, with thousands separators. */
export function readable(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A small random number generator (mulberry32): the same seed gives the same run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
