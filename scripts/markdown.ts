import { readFileSync, writeFileSync } from "node:fs";

type Cell = string | number;

/** A table of Markdown. */
export function table(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A whole number with thousands separators, for example `1,042`. */
export const count = (value: number) => Math.round(value).toLocaleString("en-US");

/** A number with at most `digits` decimals, for example `4.05`. */
export const decimal = (value: number, digits = 4) => value.toLocaleString("en-US", { maximumFractionDigits: digits });

/** Dollars and cents; prices below one cent have tenths of cents. */
export const dollars = (value: number) =>
  `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: value < 0.01 ? 3 : 2 })}`;

/** A page with the tables put between their markers `<!-- name -->` and `<!-- /name -->`. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce(
    (text, [name, content]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`),
        (_, begin: string, end: string) => `${begin}\n${content}\n${end}`,
      ),
    page,
  );
}

/** Replaces the tables of a page. */
export function writeTables(path: string, tables: Readonly<Record<string, string>>): void {
  writeFileSync(path, withTables(readFileSync(path, "utf8"), tables));
}
