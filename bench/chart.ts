import { type Measure, ratioOf } from "./runner.ts";

const WIDTH = 760;
const LEFT = 230;
const RIGHT = 70;
const ROW = 24;
const TOP = 64;
/** Half and double are equally far from the floor, so the scale is logarithmic. */
const RANGE = { least: 1 / 8, most: 8 };

/** Draws the ratios as bars from the floor's line, readable on light and dark pages. */
export function chart(measures: readonly Measure[], date: string): string {
  const shown = measures.filter(({ target }) => target !== undefined);
  const height = TOP + shown.length * ROW + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Each measure against the floor of the runtime">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .faint { fill: #59636e; font-size: 11px }
  .line { stroke: #59636e; stroke-width: 1 }
  .grid { stroke: #59636e; stroke-width: 1; stroke-dasharray: 2 4; opacity: .5 }
  .good { fill: #2f81f7 } .bad { fill: #d4843e } .aim { stroke: #1f2328; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #9198a1 } .line, .grid { stroke: #9198a1 } .aim { stroke: #e6edf3 }
  }
</style>
<text x="0" y="18" font-weight="600">Against a bare Worker on the same runtime, ${date}</text>
<text x="0" y="36" class="faint">Right of 1× is better than the bare Worker, which checks nothing. The tick is the aim.</text>
${grid(height)}
${shown.map(bar).join("\n")}
</svg>
`;
}

function x(ratio: number): number {
  const { least, most } = RANGE;
  const inside = Math.min(Math.max(ratio, least), most);
  const share = Math.log(inside / least) / Math.log(most / least);
  return Math.round((LEFT + share * (WIDTH - LEFT - RIGHT)) * 10) / 10;
}

function grid(height: number): string {
  const lines: string[] = [];
  for (let ratio = RANGE.least; ratio <= RANGE.most; ratio *= 2) {
    const at = x(ratio);
    const label = ratio < 1 ? `1/${1 / ratio}` : String(ratio);
    lines.push(
      `<line x1="${at}" x2="${at}" y1="${TOP - 8}" y2="${height - 8}" class="${ratio === 1 ? "line" : "grid"}"/>`,
    );
    lines.push(`<text x="${at}" y="${TOP - 12}" text-anchor="middle" class="faint">${label}×</text>`);
  }
  return lines.join("\n");
}

function bar(measure: Measure, index: number): string {
  const ratio = ratioOf(measure);
  const target = measure.target ?? 1;
  const y = TOP + index * ROW;
  const from = Math.min(x(1), x(ratio));
  const width = Math.max(1, Math.abs(x(ratio) - x(1)));
  const kind = ratio >= target ? "good" : "bad";
  return [
    `<text x="0" y="${y + 14}">${measure.name}</text>`,
    `<rect x="${from}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 9}" class="${kind}"/>`,
    `<line x1="${x(target)}" x2="${x(target)}" y1="${y}" y2="${y + ROW - 3}" class="aim"/>`,
    `<text x="${WIDTH}" y="${y + 14}" text-anchor="end">${ratio.toFixed(2)}×</text>`,
  ].join("");
}
