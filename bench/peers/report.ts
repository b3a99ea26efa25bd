import { readable } from "../runner.ts";
import type { Comparison, PeerRow } from "./compare.ts";

export const PEER_MARKS = {
  begin: "<!-- peers: written by `npm run bench -- --peers` -->",
  end: "<!-- end of peers -->",
};

/** The comparison as lines of Markdown. */
export function peerTable({ systems, rows }: Comparison): string[] {
  const names = systems.map(({ name }) => name);
  return [
    `| measure | unit | ${names.join(" | ")} | client busy |`,
    `|---|---|${"--:|".repeat(names.length + 1)}`,
    ...rows.map(cells),
  ];
}

/** What each system promises, as facts of the run. */
export function peerFacts({ systems, facts }: Comparison): string[] {
  return [...facts, ...systems.map(({ name, versions, durability }) => `**${name}** (${versions}): ${durability}`)];
}

function cells({ name, unit, values, busy }: PeerRow): string {
  return `| ${[name, unit, ...values.map(readable), busy.map((share) => `${share} %`).join(" / ")].join(" | ")} |`;
}
