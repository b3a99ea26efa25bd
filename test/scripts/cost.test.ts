import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { monthOf, usersFor } from "../../scripts/cost/month.ts";
import { amountsOf, OPERATIONS, priceOf } from "../../scripts/cost/prices.ts";
import { tables } from "../../scripts/cost.ts";
import { withTables } from "../../scripts/markdown.ts";

/** The cells of a table's rows, without head and line. */
const rowsOf = (text = "") =>
  text
    .split("\n")
    .slice(2)
    .map((line) => line.slice(2, -2).split(" | "));
const numberIn = (text = "") => Number(text.replaceAll(/[$*,]/g, ""));

/** Evaluates a sum of products as written: `(4.05 × $0.15 + 7 × $1.00) / 64`. */
function worked(sum = ""): number {
  const [, terms = "", divisor = "1"] = /^\(?([^)/]+)\)?(?: \/ (\d+))?$/.exec(sum) ?? [];
  const products = terms
    .split(" + ")
    .map((term) => term.split(" × ").reduce((all, factor) => all * numberIn(factor), 1));
  return products.reduce((all, product) => all + product, 0) / Number(divisor);
}

describe("docs/COST.md", () => {
  const page = readFileSync("docs/COST.md", "utf8");

  test("has the tables computed from its counts", () => {
    expect(withTables(page, tables())).toBe(page);
    for (const name of [...Object.keys(tables()), ...Object.keys(OPERATIONS)]) expect(page).toContain(name);
  });

  test("a million messages: each sum equals the dollars next to it", () => {
    const rows = rowsOf(tables().messages);
    expect(rows).toHaveLength(17);
    for (const [path, sum, total] of rows) expect(worked(sum), path).toBeCloseTo(numberIn(total), 1);
  });

  test("a text in a single chat costs at most $8.30 a million, and in a conversation at most $6", () => {
    const costOf = new Map(rowsOf(tables().messages).map(([path = "", , total]) => [path, numberIn(total)]));
    for (const path of ["REST", "user's socket", "conversation's socket"]) {
      expect(costOf.get(`single chat, ${path}`)).toBeLessThanOrEqual(8.3);
    }
    expect(costOf.get("single chat, user's socket, one every 10 s, from both in turns")).toBeLessThanOrEqual(6);
  });

  test("[TELL-7] a text in a large group costs its relays: at most $20 with 50 of 500 online, $30 with 100 of 10,000", () => {
    const costOf = (name: string) => priceOf(amountsOf(name));
    expect(costOf("text, group of 500, a tenth online")).toBeLessThanOrEqual(20);
    expect(costOf("text, group of 10,000, 100 attending")).toBeLessThanOrEqual(30);
    expect(costOf("connect with a cursor, 20 large groups, 5 of them changed")).toBeLessThanOrEqual(20);
  });

  test("a month of 100,000 users: rows and sum match, and so do the sums by operation and by unit", () => {
    const rows = rowsOf(tables().month);
    const together = numberIn(rows.pop()?.[3]);
    for (const [operation, times = "", million, total] of rows) {
      expect((numberIn(times.split(" = ")[1]) * numberIn(million)) / 1e6, operation).toBeCloseTo(numberIn(total), 0);
    }
    expect(rows.reduce((sum, row) => sum + numberIn(row[3]), 0)).toBeCloseTo(together, 1);
    const byUnit = monthOf(100_000).lines.reduce((sum, { amount, price }) => sum + (amount * price) / 1e6, 0);
    expect(byUnit).toBeCloseTo(together, 1);
  });

  test("a bill pays for the number of users that cause that bill", () => {
    expect(monthOf(usersFor(1_000)).total).toBeCloseTo(1_000, 0);
    expect(monthOf(0).total).toBe(5);
  });
});
