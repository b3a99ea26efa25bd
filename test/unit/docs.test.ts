import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PERMISSIONS, type Standing } from "../../src/domain/permissions.ts";
import { type Env, settingsOf } from "../../src/env.ts";
import { Code, codeMessage, httpStatus } from "../../src/protocol/codes.ts";

const read = (file: string) => readFileSync(file, "utf8");

/** The cells of every row of a page's tables, without backticks. */
const rowsOf = (file: string) =>
  read(file)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));

/** The role table as the pages show it: who tries by column, what by row, the code of each attempt. [ROLE-1] */
function roleTable(): string {
  const standings = Object.keys(PERMISSIONS.join) as Standing[];
  const rows = Object.entries(PERMISSIONS).map(([operation, codes]) => [
    operation,
    ...standings.map((standing) => codes[standing]),
  ]);
  const line = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
  return [line(["", ...standings]), `|${"---|".repeat(standings.length + 1)}`, ...rows.map(line)].join("\n");
}

describe("the docs say what the code says", () => {
  test.each(["README.md", "README.zh-CN.md", "docs/PROTOCOL.md"])("%s: who may do what [ROLE-1]", (file) => {
    const shown = /<!-- roles -->\n([\s\S]*?)<!-- \/roles -->/.exec(read(file))?.[1]?.trim();
    expect(shown).toBe(roleTable());
  });

  test("docs/PROTOCOL.md: every code, its HTTP status and its words", () => {
    const shown = rowsOf("docs/PROTOCOL.md")
      .filter(([code, status]) => /^\d{1,4}$/.test(code ?? "") && /^\d{3}$/.test(status ?? ""))
      .map((cells) => cells.slice(0, 3));
    expect(shown).toEqual(
      Object.values(Code).map((code) => [String(code), String(httpStatus(code)), codeMessage(code)]),
    );
  });

  test.each(["README.md", "README.zh-CN.md"])("%s: every setting and its default", (file) => {
    const env = { JWT_SECRET: "of the tests alone, at least 32 bytes" } as unknown as Env;
    const { JWT_SECRET: _, ALLOWED_ORIGINS: __, ...defaults } = settingsOf(env);
    const toml = /^\[vars\]\n([\s\S]*?)\n\n/m.exec(read("wrangler.toml"))?.[1] ?? "";
    const vars = Object.fromEntries(
      [...toml.matchAll(/^(\w+) = "?([^"\n]*)"?$/gm)].map(([, name, value]) => [name, value]),
    );
    const shown = new Map(rowsOf(file).map(([name, , usual]) => [name, usual?.replaceAll(",", "")]));
    for (const [name, value] of Object.entries(defaults)) {
      expect([name, shown.get(name), vars[name]]).toEqual([name, String(value), String(value)]);
    }
    expect(Object.keys(vars).filter((name) => !shown.has(name))).toEqual([]);
  });
});
