import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withTables } from "../../scripts/cost.ts";

test("docs/COST.md has the tables that its counts give", () => {
  const page = readFileSync("docs/COST.md", "utf8");
  expect(withTables(page, JSON.parse(readFileSync("docs/costs.json", "utf8")))).toBe(page);
  expect(page).toContain("| text, single chat, both online |");
});
