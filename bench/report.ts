import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/wrangler.ts";
import { chart } from "./chart.ts";
import { type Measure, ratioOf, readable } from "./runner.ts";

const RESULTS = join(root, "bench", "RESULTS.md");
const CHART = join(root, "bench", "results.svg");
const BEGIN = "<!-- results: written by `npm run bench` -->";
const END = "<!-- end of results -->";

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
  const page = await readFile(RESULTS, "utf8");
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("RESULTS.md has no markers");
  const date = new Date().toISOString().slice(0, 10);
  const table = [
    "| measure | unit | value | floor | ratio | aim | client busy |",
    "|---|---|--:|--:|--:|--:|--:|",
    ...measures.map(cells),
  ];
  const facts = [`Run on ${date}, ${minutes.toFixed(1)} minutes.`, ...machine].map((fact) => `- ${fact}`);
  const text = [BEGIN, "", ...facts, "", ...table, "", ""].join("\n");
  await writeFile(RESULTS, page.slice(0, begin) + text + page.slice(end));
  await writeFile(CHART, chart(measures, date));
}

function cells(measure: Measure): string {
  const { name, unit, value, floor, target, client } = measure;
  const busy = client ? `${client.ours} % / ${client.floor} %` : "";
  const ratio = ratioOf(measure);
  const missed = target !== undefined && ratio < target ? " ✗" : "";
  const line = [name, unit, readable(value), readable(floor), ratio.toFixed(2) + missed, target ?? "", busy];
  return `| ${line.join(" | ")} |`;
}
