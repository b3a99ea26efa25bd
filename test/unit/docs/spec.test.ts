import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const RULE =
  /\b(?:SEND|VIS|READ|UNREAD|ROLE|GROUP|TELL|SYNC|LIST|LOGIN|SOCK|PUSH|TYPE|PRES|RATE|MEM|ERR|STORE|WIRE|TOKEN|HIDE|LINK|OUT|TAB|PAGE|API|KEY|TRUST|HOOK)-\d+\b/g;

const rulesIn = (text: string) => new Set(text.match(RULE) ?? []);
const rulesOf = (pattern: string) =>
  new Map(globSync(pattern).map((file) => [file, rulesIn(readFileSync(file, "utf8"))]));

const spec = rulesIn([...readFileSync("docs/SPEC.md", "utf8").matchAll(/\*\*\[([A-Z]+-\d+)\]\*\*/g)].join(" "));

describe("docs/SPEC.md", () => {
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
