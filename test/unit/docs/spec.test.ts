import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const defined = [...readFileSync("docs/SPEC.md", "utf8").matchAll(/\*\*\[([A-Z]+)-(\d+)\]\*\*/g)];
const kinds = new Set(defined.map(([, kind]) => kind));
const RULE = new RegExp(`\\b(?:${[...kinds].join("|")})-\\d+\\b`, "g");

const rulesIn = (text: string) => new Set(text.match(RULE) ?? []);
const rulesOf = (pattern: string) =>
  new Map(globSync(pattern).map((file) => [file, rulesIn(readFileSync(file, "utf8"))]));

const rules = defined.map(([, kind, number]) => `${kind}-${number}`);
const spec = new Set(rules);

describe("docs/SPEC.md", () => {
  test("no rule has the number of another", () => {
    expect(rules.filter((rule, index) => rules.indexOf(rule) !== index)).toEqual([]);
  });

  test("every rule is named in a test", () => {
    const tests = globSync("test/**/*.test.ts").filter((file) => !file.endsWith("spec.test.ts"));
    const proven = new Set(tests.flatMap((file) => [...rulesIn(readFileSync(file, "utf8"))]));
    expect([...spec].filter((rule) => !proven.has(rule))).toEqual([]);
  });

  test.each(["src/**/*.ts", "test/**/*.ts"])("%s names only rules of the page", (pattern) => {
    const unknown = [...rulesOf(pattern)].flatMap(([file, rules]) =>
      [...rules].filter((rule) => !spec.has(rule)).map((rule) => `${file}: ${rule}`),
    );
    expect(unknown).toEqual([]);
  });
});
