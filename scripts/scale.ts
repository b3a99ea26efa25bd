import { readFileSync, writeFileSync } from "node:fs";

/**
 * A model of where this design meets the platform's walls, and the tables of docs/SCALE.md.
 *
 *   npm run scale
 */

/** Of the platform, as its documentation has them in 2026; to be checked. */
const WALLS = {
  objectRequestsPerSecond: 1_000,
  d1QueriesPerSecond: 1_000,
  d1Bytes: 10e9,
  objectBytes: 10e9,
  objectSockets: 32_768,
} as const;

/** What a user does in a day, as in docs/COST.md, and how the day is spread. */
const USER = {
  singleTexts: 20,
  textsToTen: 8,
  textsToHundred: 2,
  /** Lists, and syncs that find a change: each is one query for names. */
  namedLooks: 12,
  online: 0.3,
  peak: 3,
} as const;

/** Object requests of one text, from docs/costs.json. */
const REQUESTS = { single: 5, ten: 13, hundred: 103 } as const;
const USER_ROW_BYTES = 400;
const MESSAGE_BYTES = 400;
/** Reconnecting clients wait a random part of this long. */
const HERD_SECONDS = 30;

interface Load {
  readonly users: number;
  readonly textsPerSecond: number;
  readonly objectRequestsPerSecond: number;
  readonly d1QueriesPerSecond: number;
  readonly d1Bytes: number;
  readonly reconnectsPerSecond: number;
}

/** What so many daily users bring at the peak of a day. */
function loadOf(users: number): Load {
  const perSecond = (times: number) => (users * times * USER.peak) / 86_400;
  const { singleTexts, textsToTen, textsToHundred, namedLooks } = USER;
  return {
    users,
    textsPerSecond: perSecond(singleTexts + textsToTen + textsToHundred),
    objectRequestsPerSecond: perSecond(
      singleTexts * REQUESTS.single + textsToTen * REQUESTS.ten + textsToHundred * REQUESTS.hundred,
    ),
    d1QueriesPerSecond: perSecond(namedLooks),
    d1Bytes: users * USER_ROW_BYTES,
    reconnectsPerSecond: (users * USER.online) / HERD_SECONDS,
  };
}

const count = (value: number) => Math.round(value).toLocaleString("en-US");
const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
const table = (rows: readonly (readonly (string | number)[])[]) =>
  [line(rows[0] ?? []), line((rows[0] ?? []).map(() => "---")), ...rows.slice(1).map(line)].join("\n");

/** The tables of docs/SCALE.md by name. */
function tables(): Readonly<Record<string, string>> {
  const loads = [1e6, 1e7, 1e8].map(loadOf);
  const row = (name: string, of: (load: Load) => number) => [name, ...loads.map((load) => count(of(load)))];
  const one = loadOf(1);
  return {
    model: table([
      ["at the peak", ...loads.map((load) => `${count(load.users)} a day`)],
      row("texts a second", (load) => load.textsPerSecond),
      row("object requests a second, over all objects", (load) => load.objectRequestsPerSecond),
      row("D1 queries a second", (load) => load.d1QueriesPerSecond),
      row("D1, GB", (load) => load.d1Bytes / 1e9),
      row("reconnects a second after a deploy", (load) => load.reconnectsPerSecond),
    ]),
    met: table([
      ["wall", "where it is", "met at"],
      [
        "D1 queries",
        `${count(WALLS.d1QueriesPerSecond)}/s`,
        `${count(WALLS.d1QueriesPerSecond / one.d1QueriesPerSecond)} daily users`,
      ],
      ["D1 size", "10 GB", `${count(WALLS.d1Bytes / USER_ROW_BYTES)} accounts`],
      [
        "one object's requests",
        `${count(WALLS.objectRequestsPerSecond)}/s`,
        "one conversation with 1,000 calls a second, or one user who is told of 1,000 messages a second",
      ],
      ["one object's storage", "10 GB", `${count(WALLS.objectBytes / MESSAGE_BYTES)} texts in one conversation`],
      ["one object's sockets", count(WALLS.objectSockets), "that many sockets opened on one conversation; 20 a user"],
    ]),
  };
}

/** The page with its tables between their markers. */
export function withTables(page: string): string {
  return Object.entries(tables()).reduce(
    (text, [name, content]) =>
      text.replace(new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`), (_, begin: string, end: string) => {
        return `${begin}\n${content}\n${end}`;
      }),
    page,
  );
}

if (import.meta.main) writeFileSync("docs/SCALE.md", withTables(readFileSync("docs/SCALE.md", "utf8")));
