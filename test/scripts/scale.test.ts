import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withTables } from "../../scripts/scale.ts";

test("docs/SCALE.md has the tables that the model gives", () => {
  const page = readFileSync("docs/SCALE.md", "utf8");
  expect(withTables(page)).toBe(page);
  expect(page).toContain("| texts a second |");
});
