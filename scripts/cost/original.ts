/**
 * What the Go server does for the same operations, counted in its source (https://github.com/ZaiSpace/nexo_im at
 * 3213703: internal/service, internal/repository, internal/gateway).
 */
export interface Work {
  readonly operation: string;
  /** SELECTs. */
  readonly reads: number;
  /** Rows inserted or updated. */
  readonly writes: number;
  /** Commands of Redis. */
  readonly redis: number;
  /** The operations of this server that correspond to it. */
  readonly ours: string;
  readonly aDay: number;
}

/** In the order of the page. `aDay` is as in the user's day that the bill assumes. */
export const WORK: readonly Work[] = [
  { operation: "text, single chat", reads: 2, writes: 5, redis: 1, ours: "text, single chat, user's socket", aDay: 20 },
  { operation: "text, group of 10", reads: 5, writes: 3, redis: 1, ours: "text, group of 10, user's socket", aDay: 8 },
  {
    operation: "text, group of 100",
    reads: 5,
    writes: 3,
    redis: 1,
    ours: "text, group of 100, user's socket",
    aDay: 2,
  },
  {
    operation: "text, group of 500",
    reads: 5,
    writes: 3,
    redis: 1,
    ours: "text, group of 500, user's socket",
    aDay: 0,
  },
  { operation: "pull, single chat", reads: 3, writes: 0, redis: 0, ours: "pull, user's socket", aDay: 30 },
  { operation: "mark_read", reads: 1, writes: 1, redis: 0, ours: "mark_read, user's socket", aDay: 20 },
  // It has no sync: a client that reconnects reads the list.
  { operation: "list", reads: 2, writes: 0, redis: 0, ours: "list", aDay: 12 },
  { operation: "connect", reads: 0, writes: 0, redis: 1, ours: "connect, user's socket", aDay: 10 },
];

export const HOURS = 730;

export interface Machine {
  readonly what: string;
  readonly number: number;
  /** Dollars an hour. */
  readonly hour: number;
}

/** Assumed to be enough, not measured. List prices of AWS, us-east-1, on demand, in mid-2026. */
export const ONE: readonly Machine[] = [
  { what: "m7g.large, 2 processors, 8 GB, for all three", number: 1, hour: 0.0816 },
];
export const SPARE: readonly Machine[] = [
  { what: "gateway: m7g.large, and a spare", number: 2, hour: 0.0816 },
  { what: "MySQL 8: RDS db.r8g.large with a standby, 2 processors, 16 GB", number: 1, hour: 0.478 },
  { what: "Redis 7: m7g.large, and a replica", number: 2, hour: 0.0816 },
];
/** Price of RDS for a gigabyte and month; double with a standby. */
export const DISK = { price: 0.115, copies: 2 } as const;

/** Dollars a month. */
export const monthly = (machines: readonly Machine[]) =>
  machines.reduce((sum, { number, hour }) => sum + number * hour * HOURS, 0);
