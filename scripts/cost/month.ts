import { amountsOf, GIGABYTE, PLAN, STORAGE, UNITS, type Unit, units } from "./prices.ts";

/** The operations of a user in a day, as docs/COST.md and docs/SCALE.md assume them. */
export const DAY: Readonly<Record<string, number>> = {
  "text, single chat, user's socket": 20,
  "text, group of 10, user's socket": 8,
  "text, group of 100, user's socket": 2,
  "typing, until it ends by itself": 20,
  "pull, user's socket": 30,
  "mark_read, user's socket": 20,
  "coming online with a cursor, watched by 5": 10,
  "going offline, watched by 5": 10,
  "watching somebody online, the first hour": 4,
  list: 2,
  // At each connection and each list, in the one large group.
  "catch-up of a large group that has changed": 12,
  login: 0.1,
};
export const DAYS = 30;
/** The number of a user's conversations of each size, and the share of the day's texts sent there. */
export const CHATS = [
  { size: 2, aUser: 10, texts: 20 },
  { size: 10, aUser: 4, texts: 8 },
  { size: 100, aUser: 1, texts: 2 },
] as const;
export const TEXTS_A_DAY = CHATS.reduce((sum, { texts }) => sum + texts, 0);

/** A user's day in billed units. */
export function dayOf(day = DAY): Record<Unit, number> {
  const sum = (unit: Unit) =>
    Object.entries(day).reduce((total, [operation, times]) => total + times * amountsOf(operation)[unit], 0);
  return Object.fromEntries(units().map((unit) => [unit, sum(unit)])) as Record<Unit, number>;
}

export interface ReconnectingSocket {
  readonly name: string;
  readonly amount: number;
  readonly included: number;
  /** Dollars for a million. */
  readonly price: number;
  readonly dollars: number;
}

/** Gigabytes after this many months: inboxes with their lists, conversations, and all messages. */
export function stored(users: number, months: number) {
  const conversations = CHATS.reduce((sum, { size, aUser }) => sum + (users * aUser) / size, 0);
  const entries = CHATS.reduce((sum, { aUser }) => sum + aUser, 0);
  const inboxes = (users * (STORAGE.inbox + entries * STORAGE.list_entry)) / 1e9;
  const rooms = (conversations * STORAGE.conversation) / 1e9;
  const texts = (users * TEXTS_A_DAY * DAYS * months * STORAGE.text) / 1e9;
  return { conversations, entries, inboxes, rooms, texts, all: inboxes + rooms + texts };
}

/** The bill of a month, unit by unit, without what the plan includes. */
export function monthOf(users: number, months = 1): { lines: ReconnectingSocket[]; total: number } {
  const day = dayOf();
  const used = units().filter((unit) => day[unit] > 0);
  const lines = used.map((unit): ReconnectingSocket => {
    const { name, price, included } = UNITS[unit];
    const amount = day[unit] * users * DAYS;
    return { name, amount, included, price, dollars: (Math.max(0, amount - included) * price) / 1e6 };
  });
  const storage = Math.max(0, stored(users, months).all - GIGABYTE.included) * GIGABYTE.price;
  return { lines, total: PLAN + storage + lines.reduce((sum, line) => sum + line.dollars, 0) };
}

/** The number of daily users that a monthly bill pays for. The bill only grows with them. */
export function usersFor(dollars: number): number {
  let [few, many] = [0, 1e9];
  while (many - few > 1) {
    const users = (few + many) / 2;
    if (monthOf(users).total > dollars) many = users;
    else few = users;
  }
  return few;
}
