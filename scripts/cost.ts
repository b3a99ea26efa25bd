import { readFileSync, writeFileSync } from "node:fs";

/**
 * Turns what operations cost in Cloudflare's units (docs/costs.json, asserted by test/workers/bills.test.ts) into
 * dollars, and writes the tables of docs/COST.md.
 *
 *   npm run cost
 */
interface Cost {
  readonly requests: number;
  readonly frames: number;
  readonly rows_written: number;
  readonly rows_read: number;
  readonly d1: number;
}

type Costs = Readonly<Record<string, Cost>>;

/** Dollars for a million, without what the paid plan includes; as published in mid-2026, to be checked. */
const PRICES = { request: 0.15, row_written: 1, row_read: 0.001, worker_request: 0.3, gigabyte_second: 12.5 };
/** A frame that comes in counts as a twentieth of an object request. */
const FRAMES_A_REQUEST = 20;
/** Assumed, not measured on the platform: wall time that a request keeps an object of 128 MB busy. */
const BUSY_SECONDS = 0.005;
const OBJECT_GIGABYTES = 0.128;

/** What a user does in a day, by operation; the assumption of the second table. */
const DAY: Readonly<Record<string, number>> = {
  "text, single chat, both online": 20,
  "text, group of 10, all online": 8,
  "text, group of 100, a tenth online": 2,
  pull: 30,
  list: 2,
  sync: 10,
  mark_read: 20,
  "connect, user's socket": 10,
};
const USERS = 100_000;
const DAYS = 30;

/** What happens by itself, without a request to the Worker. */
const BY_ITSELF = ["heartbeat", "socket, an idle hour", "watching somebody online, an hour"];

function dollars(name: string, cost: Cost): number {
  const requests = cost.requests + cost.frames / FRAMES_A_REQUEST;
  const seconds = requests * BUSY_SECONDS * OBJECT_GIGABYTES;
  const million =
    requests * PRICES.request +
    cost.rows_written * PRICES.row_written +
    cost.rows_read * PRICES.row_read +
    seconds * PRICES.gigabyte_second +
    // Everything else comes in by one request to the Worker; what comes by a socket costs less.
    (BY_ITSELF.includes(name) ? 0 : PRICES.worker_request);
  return million / 1_000_000;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const number = (value: number) => value.toLocaleString("en-US");
const money = (value: number) =>
  `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** The tables of docs/COST.md by name. */
function tables(costs: Costs): Readonly<Record<string, string>> {
  const counts = Object.entries(costs).map(([name, cost]) => [
    name,
    cost.requests,
    cost.rows_written,
    cost.rows_read,
    cost.d1,
    money(dollars(name, cost) * 1_000_000),
  ]);
  const month = Object.entries(DAY).map(([name, times]) => {
    const cost = costs[name];
    if (!cost) throw new Error(`docs/costs.json has no ${name}`);
    const total = times * USERS * DAYS;
    return { name, times, total, dollars: total * dollars(name, cost) };
  });
  const sum = month.reduce((all, row) => all + row.dollars, 0);
  return {
    counts: table(
      ["operation", "object requests", "rows written", "rows read", "D1 queries", "a million of them"],
      counts,
    ),
    month: table(
      ["operation", "a user a day", "in a month", "dollars"],
      [
        ...month.map((row) => [row.name, row.times, number(row.total), money(row.dollars)]),
        ["**together**", "", "", `**${money(sum)}**`],
        ["a user", "", "", `$${(sum / USERS).toFixed(5)}`],
      ],
    ),
  };
}

/** The page with its tables, between their markers, as the counts have it. */
export function withTables(page: string, costs: Costs): string {
  return Object.entries(tables(costs)).reduce(
    (text, [name, content]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`),
        (_, begin: string, end: string) => `${begin}\n${content}\n${end}`,
      ),
    page,
  );
}

if (import.meta.main) {
  const costs: Costs = JSON.parse(readFileSync("docs/costs.json", "utf8"));
  writeFileSync("docs/COST.md", withTables(readFileSync("docs/COST.md", "utf8"), costs));
}
