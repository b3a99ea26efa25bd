import { CHATS, DAY, dayOf, monthOf, stored, TEXTS_A_DAY } from "./cost/month.ts";
import { AWAKE_MS, billOf, STORAGE } from "./cost/prices.ts";
import { count, decimal, table, writeTables } from "./markdown.ts";

/**
 * npm run scale: models at which load this design reaches the platform's limits, and writes the tables of
 * docs/SCALE.md.
 */

/** Limits of the platform, from its documentation of 2026; check them again. */
const WALLS = {
  objectRequestsPerSecond: 1_000,
  /** A thousand queries of one millisecond each. A write waits for other machines, and is assumed to take five. */
  d1QueriesPerSecond: 1_000,
  d1WritesPerSecond: 200,
  d1Bytes: 10e9,
  objectBytes: 10e9,
  objectMemory: 128e6,
  objectSockets: 32_768,
  subrequests: 10_000,
} as const;

/** How a user's day (scripts/cost/month.ts) is distributed, and other assumptions about users. */
const USERS = { online: 0.3, peak: 3, newAccountsADay: 0.01, newGroupsADay: 0.01 } as const;
/** After a deploy clients reconnect at a random moment within this time, so on average each is away for half of it. */
const HERD_SECONDS = 30;
/** Values of the settings. */
const GROUP = { members: 10_000, sockets: 20, unsentBytes: 4 * 1_048_576 } as const;

interface Load {
  readonly users: number;
  readonly texts: number;
  readonly told: number;
  readonly objectCalls: number;
  readonly rowsWritten: number;
  readonly d1: number;
  readonly d1Writes: number;
  readonly reconnects: number;
  /** D1 queries of clients that reconnect after a deploy and find a change. */
  readonly herdD1: number;
}

/** The load of this many daily users, in a second at the peak of a day. */
function loadOf(users: number): Load {
  const perSecond = (aDay: number) => (users * aDay * USERS.peak) / 86_400;
  const sum = (of: (operation: string) => number) =>
    Object.entries(DAY).reduce((total, [operation, times]) => total + times * of(operation), 0);
  const told = CHATS.reduce((total, { size, texts }) => total + texts * (size - 1), 0);
  const reconnects = (users * USERS.online) / HERD_SECONDS;
  const changes = (perSecond(told) / users) * (HERD_SECONDS / 2);
  return {
    users,
    texts: perSecond(TEXTS_A_DAY),
    told: perSecond(told),
    objectCalls: perSecond(sum((operation) => billOf(operation).requests + billOf(operation).frames)),
    rowsWritten: perSecond(dayOf().rows_written),
    d1: perSecond(sum((operation) => billOf(operation).d1)),
    d1Writes: perSecond(USERS.newAccountsADay + USERS.newGroupsADay),
    reconnects,
    herdD1: reconnects * Math.min(1, changes),
  };
}

function model(): string {
  const loads = [1e6, 1e7, 1e8].map(loadOf);
  const row = (name: string, of: (load: Load) => string) => [name, ...loads.map(of)];
  return table(
    ["at the peak", ...loads.map((load) => `${count(load.users)} a day`)],
    [
      row("texts a second", ({ texts }) => count(texts)),
      row("updates to inboxes a second", ({ told }) => count(told)),
      row("calls and frames a second, over all objects", ({ objectCalls }) => count(objectCalls)),
      row("rows written a second, over all objects", ({ rowsWritten }) => count(rowsWritten)),
      row("D1 queries a second", ({ d1 }) => count(d1)),
      row("D1 writes a second", ({ d1Writes }) => decimal(d1Writes, 1)),
      row("D1, GB", ({ users }) => decimal((users * STORAGE.account) / 1e9, 1)),
      row("sockets open", ({ users }) => count(users * USERS.online)),
      row("reconnects a second after a deploy", ({ reconnects }) => count(reconnects)),
      row("D1 queries a second after a deploy", ({ herdD1 }) => count(herdD1)),
      row("objects", ({ users }) => count(users + stored(users, 0).conversations)),
      row("storage after a year, TB", ({ users }) => decimal(stored(users, 12).all / 1e3, 1)),
      row("dollars a month", ({ users }) => count(monthOf(users).total)),
    ],
  );
}

/** The number of daily users, to two figures, at which a quantity that grows with them reaches a limit. */
function usersAt(wall: number, each: number): string {
  const users = wall / each;
  const unit = 10 ** (Math.floor(Math.log10(users)) - 1);
  return `${count(Math.round(users / unit) * unit)} daily users`;
}

function met(): string {
  const one = loadOf(1);
  const stuck = Math.floor(WALLS.objectMemory / GROUP.unsentBytes);
  return table(
    ["limit", "value", "reached at"],
    [
      ["D1 queries", `${count(WALLS.d1QueriesPerSecond)}/s`, usersAt(WALLS.d1QueriesPerSecond, one.d1)],
      [
        "D1 queries after a deploy",
        `${count(WALLS.d1QueriesPerSecond)}/s`,
        usersAt(WALLS.d1QueriesPerSecond, one.herdD1),
      ],
      ["D1 writes", `${count(WALLS.d1WritesPerSecond)}/s`, usersAt(WALLS.d1WritesPerSecond, one.d1Writes)],
      ["D1 size", "10 GB", `${count(WALLS.d1Bytes / STORAGE.account)} accounts`],
      [
        "a conversation's requests",
        `${count(WALLS.objectRequestsPerSecond)}/s`,
        `500 members who each send ${WALLS.objectRequestsPerSecond / 500} single texts a second`,
      ],
      [
        "an inbox's requests",
        `${count(WALLS.objectRequestsPerSecond)}/s`,
        `${(WALLS.objectRequestsPerSecond * AWAKE_MS) / 1_000} conversations that are written to all the time: each sends one update in ${AWAKE_MS} ms, with everything new`,
      ],
      ["an object's storage", "10 GB", `${count(WALLS.objectBytes / STORAGE.text)} texts in one conversation`],
      [
        "an object's sockets",
        count(WALLS.objectSockets),
        `${count(Math.floor(WALLS.objectSockets / GROUP.sockets))} members of a group who each open ${GROUP.sockets} sockets on it`,
      ],
      ["an object's memory", "128 MB", `${stuck} sockets that stopped reading, each with 4 MiB unsent`],
      [
        "subrequests of an invocation",
        count(WALLS.subrequests),
        `${count(GROUP.members)} members who all attend: a text to them makes ${count(GROUP.members - 1)}`,
      ],
    ],
  );
}

/** The tables of docs/SCALE.md by name. */
export const tables = (): Readonly<Record<string, string>> => ({ model: model(), met: met() });

if (import.meta.main) writeTables("docs/SCALE.md", tables());
