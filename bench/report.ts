import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/wrangler.ts";
import { chart } from "./chart.ts";
import { type Measure, ratioOf, readable } from "./runner.ts";

const RESULTS = join(root, "bench", "RESULTS.md");
const CHART = join(root, "bench", "results.svg");
const MARKS: Marks = { begin: "<!-- results: written by `npm run bench` -->", end: "<!-- end of results -->" };

/** What a run writes in RESULTS.md stands between two comments. */
export interface Marks {
  readonly begin: string;
  readonly end: string;
}

export function describeMachine(seed: number): string[] {
  const require = createRequire(import.meta.url);
  const version = (name: string): string => require(`${name}/package.json`).version;
  const [cpu] = cpus();
  return [
    `machine: ${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`,
    `versions: workerd ${version("workerd")}, wrangler ${version("wrangler")}, Node ${process.versions.node}`,
    `seed: ${seed}`,
  ];
}

export function row(measure: Measure): string {
  const { name, value, floor, unit, target } = measure;
  const aim = target === undefined ? "" : `, aim ${target}`;
  return `${name}: ${readable(value)} ${unit}, floor ${readable(floor)}, ratio ${ratioOf(measure).toFixed(2)}${aim}`;
}

export function toJson(measures: readonly Measure[]): string {
  const list = measures.map((measure) => {
    const { name, unit, value, floor } = measure;
    return { name, unit, value: rounded(value), floor: rounded(floor), ratio: rounded(ratioOf(measure)) };
  });
  return `${JSON.stringify({ measures: list }, null, 2)}\n`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** Writes the results between their markers in RESULTS.md, and draws the chart. */
export async function writeResults(machine: string[], measures: readonly Measure[], minutes: number): Promise<void> {
  const table = [
    "| measure | unit | value | floor | ratio | aim | client busy |",
    "|---|---|--:|--:|--:|--:|--:|",
    ...measures.map(cells),
  ];
  await writeTable(MARKS, machine, table, minutes);
  await writeFile(CHART, chart(measures, today()));
}

/** Puts a table and the facts of its run between their marks in RESULTS.md. */
export async function writeTable(
  { begin, end }: Marks,
  facts: readonly string[],
  table: readonly string[],
  minutes: number,
): Promise<void> {
  const page = await readFile(RESULTS, "utf8");
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error("RESULTS.md has lost its marks");
  const list = [`Run on ${today()}, ${minutes.toFixed(1)} minutes.`, ...facts].map((fact) => `- ${fact}`);
  await writeFile(
    RESULTS,
    page.slice(0, from) + [begin, "", ...list, "", ...table, "", ""].join("\n") + page.slice(to),
  );
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function cells(measure: Measure): string {
  const { name, unit, value, floor, target, client } = measure;
  const busy = client ? `${client.ours} % / ${client.floor} %` : "";
  const ratio = ratioOf(measure);
  const missed = target !== undefined && ratio < target ? " ✗" : "";
  const line = [name, unit, readable(value), readable(floor), ratio.toFixed(2) + missed, target ?? "", busy];
  return `| ${line.join(" | ")} |`;
}
