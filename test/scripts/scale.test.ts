import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withTables } from "../../scripts/markdown.ts";
import { tables } from "../../scripts/scale.ts";

test("docs/SCALE.md has the tables computed by the model, and mentions each limit", () => {
  const page = readFileSync("docs/SCALE.md", "utf8");
  expect(withTables(page, tables())).toBe(page);
  for (const name of Object.keys(tables())) expect(page).toContain(`<!-- ${name} -->`);
  for (const wall of tables().met?.split("\n").slice(2) ?? []) {
    const name = wall.split(" | ")[0]?.slice(2) ?? "";
    expect(page.match(new RegExp(`^### .*${name}$`, "gim")), name).toHaveLength(1);
  }
});
