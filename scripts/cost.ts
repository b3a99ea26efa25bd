import { CHATS, DAY, DAYS, monthOf, stored, TEXTS_A_DAY, usersFor } from "./cost/month.ts";
import { DISK, HOURS, type Machine, monthly, ONE, SPARE, WORK } from "./cost/original.ts";
import {
  amountsOf,
  billOf,
  GIGABYTE,
  OPERATIONS,
  PLAN,
  priceOf,
  STORAGE,
  spelledOut,
  UNITS,
  units,
} from "./cost/prices.ts";
import { count, decimal, dollars, table, writeTables } from "./markdown.ts";

/**
 * npm run cost: converts the costs of operations in Cloudflare's units (docs/costs.json, asserted by
 * test/workers/costs/bills.test.ts) into dollars, and writes the tables of docs/COST.md.
 */
const USERS = 100_000;
/** The load of a day's busiest hour, relative to its average. */
export const PEAK = 3;
const SIZES = ["single chat", "group of 10", "group of 100", "group of 500"];

const bold = (text: string) => `**${text}**`;

function prices(): string {
  const rows = units().map((unit) => {
    const { name, price, included } = UNITS[unit];
    return [name, dollars(price), count(included)];
  });
  return table(["unit", "a million", "a month includes"], rows);
}

function counts(): string {
  const rows = Object.entries(OPERATIONS).map(([name, bill]) => {
    const { worker, requests, frames, rows_written, rows_read, d1 } = bill;
    return [name, worker, requests, frames, rows_written, count(rows_read), d1, dollars(priceOf(amountsOf(name)))];
  });
  const head = [
    "operation",
    "Worker",
    "object requests",
    "frames",
    "rows written",
    "rows read",
    "D1 queries",
    "a million",
  ];
  return table(head, rows);
}

/** The cost of a million texts on each path, term by term. */
function messages(): string {
  const lone = SIZES.flatMap((size) => [
    [`${size}, REST`, `text, ${size}, ${size === "single chat" ? "both" : "all"} online`],
    [`${size}, user's socket`, `text, ${size}, user's socket`],
    [`${size}, conversation's socket`, `text, ${size}, conversation's socket`],
  ]);
  const rows = lone.map(([path = "", name = ""]) => {
    const amounts = amountsOf(name);
    return [path, spelledOut(amounts), bold(dollars(priceOf(amounts)))];
  });
  const bursts = ["user's socket", "conversation's socket"].map((path) => {
    const amounts = amountsOf(`burst of 64 texts, single chat, ${path}`);
    return [
      `single chat, ${path}, 64 in a burst`,
      `(${spelledOut(amounts)}) / 64`,
      bold(dollars(priceOf(amounts) / 64)),
    ];
  });
  const minutes = amountsOf("30 texts in five minutes, single chat, user's socket");
  const talk = [
    "single chat, user's socket, one every 10 s, from both in turns",
    `(${spelledOut(minutes)}) / 30`,
    bold(dollars(priceOf(minutes) / 30)),
  ];
  const attended = [
    ["group of 500, a tenth online, REST", "text, group of 500, a tenth online"],
    ["group of 10,000, 100 of them online, REST", "text, group of 10,000, 100 attending"],
  ].map(([path = "", name = ""]) => [path, spelledOut(amountsOf(name)), bold(dollars(priceOf(amountsOf(name))))]);
  return table(["a million texts", "sum", "dollars"], [...rows, ...attended, ...bursts, talk]);
}

function month(): string {
  const rows = Object.entries(DAY).map(([name, times]) => {
    const [total, million] = [times * USERS * DAYS, priceOf(amountsOf(name))];
    return {
      name,
      sum: `${times} × ${count(USERS)} × ${DAYS} = ${count(total)}`,
      million,
      dollars: (total * million) / 1e6,
    };
  });
  const sum = rows.reduce((all, row) => all + row.dollars, 0);
  return table(
    ["operation", "times a day × users × days", "× a million", "dollars"],
    [
      ...rows.map((row) => [row.name, row.sum, `$${row.million.toFixed(4)}`, dollars(row.dollars)]),
      [bold("together"), "", "", bold(dollars(sum))],
    ],
  );
}

function bill(): string {
  const { lines, total } = monthOf(USERS);
  const { all } = stored(USERS, 1);
  const rows = lines.map(({ name, amount, included, price, dollars: cost }) => [
    name,
    `(${count(amount)} − ${count(included)}) × ${dollars(price)} a million`,
    dollars(cost),
  ]);
  const storage = Math.max(0, all - GIGABYTE.included) * GIGABYTE.price;
  return table(
    ["unit", "sum", "dollars"],
    [
      ...rows,
      [
        "storage after a month",
        `(${decimal(all, 1)} GB − ${GIGABYTE.included}) × ${dollars(GIGABYTE.price)}`,
        dollars(storage),
      ],
      ["the plan", "", dollars(PLAN)],
      [bold("a month"), "", bold(dollars(total))],
      ["a user", `${dollars(total)} / ${count(USERS)}`, `$${(total / USERS).toFixed(4)}`],
    ],
  );
}

function storage(): string {
  const { conversations, entries, inboxes, rooms, texts } = stored(USERS, 1);
  const spread = CHATS.map(({ size, aUser }) => `${aUser}/${size}`).join(" + ");
  return table(
    ["what", "sum", "GB"],
    [
      [
        "inboxes and lists",
        `${count(USERS)} × (${count(STORAGE.inbox)} + ${entries} × ${count(STORAGE.list_entry)} bytes)`,
        decimal(inboxes, 1),
      ],
      [
        "conversations",
        `${count(USERS)} × (${spread}) = ${count(conversations)} × ${count(STORAGE.conversation)} bytes`,
        decimal(rooms, 1),
      ],
      [
        "texts of one month",
        `${count(USERS)} × ${TEXTS_A_DAY} × ${DAYS} × ${count(STORAGE.text)} bytes`,
        decimal(texts, 1),
      ],
    ],
  );
}

function original(): string {
  const rows = WORK.map(({ operation, reads, writes, redis, ours }) => {
    const { rows_written, rows_read, requests } = billOf(ours);
    return [operation, reads, writes, redis, requests, rows_written, count(rows_read)];
  });
  return table(
    [
      "operation",
      "Go: SELECTs",
      "Go: rows written",
      "Go: Redis",
      "here: object requests",
      "here: rows written",
      "here: rows read",
    ],
    rows,
  );
}

function machines(): string {
  const rowsOf = (list: readonly Machine[]) =>
    list.map((machine) => [
      machine.what,
      `${machine.number} × $${machine.hour} × ${HOURS} h`,
      dollars(monthly([machine])),
    ]);
  const gigabytes = count(stored(USERS, 12).texts);
  return table(
    ["machine", "sum", "a month"],
    [
      ...rowsOf(SPARE),
      ["disk for a year's texts", `${gigabytes} GB × ${DISK.copies} × $${DISK.price}`, dollars(diskFor(USERS))],
      [bold("with spares, together"), "", bold(dollars(monthly(SPARE) + diskFor(USERS)))],
      ...rowsOf(ONE),
    ],
  );
}

const diskFor = (users: number) => stored(users, 12).texts * DISK.price * DISK.copies;

function load(): string {
  const [reads, writes, redis] = (["reads", "writes", "redis"] as const).map((kind) =>
    WORK.reduce((sum, work) => sum + work[kind] * work.aDay, 0),
  );
  const perSecond = (aDay = 0) => count((aDay * USERS * PEAK) / 86_400);
  return table(
    ["a second in the busiest hour", "sum", ""],
    [
      ["SELECTs", `${reads} a user × ${count(USERS)} × ${PEAK} / 86,400`, perSecond(reads)],
      ["rows written", `${writes} a user × ${count(USERS)} × ${PEAK} / 86,400`, perSecond(writes)],
      ["Redis commands", `${redis} a user × ${count(USERS)} × ${PEAK} / 86,400`, perSecond(redis)],
    ],
  );
}

function scale(): string {
  const rows = [100, 1_000, 10_000, USERS, 1_000_000].map((users) => [count(users), dollars(monthOf(users).total)]);
  const even = (what: string, sum: number) => [
    `${count(Math.round(usersFor(sum) / 100) * 100)}: as much as ${what}`,
    dollars(sum),
  ];
  return table(
    ["daily users", "a month here"],
    [...rows, even("one machine", monthly(ONE)), even("machines with spares", monthly(SPARE) + diskFor(USERS))],
  );
}

/** The tables of docs/COST.md by name. */
export const tables = (): Readonly<Record<string, string>> => ({
  prices: prices(),
  counts: counts(),
  messages: messages(),
  month: month(),
  bill: bill(),
  storage: storage(),
  original: original(),
  load: load(),
  machines: machines(),
  scale: scale(),
});

if (import.meta.main) writeTables("docs/COST.md", tables());
