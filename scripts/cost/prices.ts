import costs from "../../docs/costs.json" with { type: "json" };
import { decimal, dollars } from "../markdown.ts";

/** What an operation costs in the platform's units; asserted by test/workers/costs/bills.test.ts. */
export interface Bill {
  /** Requests to the Worker. */
  readonly worker: number;
  /** Calls to objects, and alarms. */
  readonly requests: number;
  /** Frames received on sockets. */
  readonly frames: number;
  readonly rows_written: number;
  readonly rows_read: number;
  /** Queries of D1. */
  readonly d1: number;
  /** Objects stored in R2, and read from it; deletions are free. */
  readonly r2_writes?: number;
  readonly r2_reads?: number;
  /** How long timers kept objects awake. */
  readonly timers_ms: number;
}

export const OPERATIONS: Readonly<Record<string, Bill>> = costs.operations;
export const STORAGE = costs.storage;

export function billOf(operation: string): Bill {
  const bill = OPERATIONS[operation];
  if (!bill) throw new Error(`docs/costs.json has no ${operation}`);
  return bill;
}

/**
 * The paid plan in mid-2026 (check it again): dollars for a million of each unit, and how many a month includes.
 * https://developers.cloudflare.com/durable-objects/platform/pricing/, …/workers/platform/pricing/,
 * …/d1/platform/pricing/, …/r2/pricing/
 */
export const UNITS = {
  worker: { name: "requests to the Worker", price: 0.3, included: 10e6 },
  cpu_ms: { name: "processor of the Worker, ms", price: 0.02, included: 30e6 },
  requests: { name: "object requests (a frame counts as a twentieth)", price: 0.15, included: 1e6 },
  rows_written: { name: "rows written", price: 1, included: 50e6 },
  rows_read: { name: "rows read", price: 0.001, included: 25e9 },
  r2_writes: { name: "files stored in R2", price: 4.5, included: 1e6 },
  r2_reads: { name: "files read from R2", price: 0.36, included: 10e6 },
  gigabyte_seconds: { name: "duration, GB-s", price: 12.5, included: 400e3 },
} as const;
export type Unit = keyof typeof UNITS;

/** Dollars a month. */
export const PLAN = 5;
/** Dollars for a gigabyte (1e9 bytes) and month of objects' storage, and how many are included. */
export const GIGABYTE = { price: 0.2, included: 5 } as const;

const FRAMES_A_REQUEST = 20;
const OBJECT_GIGABYTES = 0.128;
/**
 * How long a request or a frame keeps an object awake, including its waits for others. About nine times the measured
 * value.
 */
export const AWAKE_MS = 20;
/** An upper bound: 1,978 sends a second over REST were measured, with all their work on two processors. */
const CPU_MS = 1.5;
/** Measured: each of these runs scrypt once. */
const SCRYPT_MS = 128;
const WITH_PASSWORD = ["register", "login"];

/** An operation in billed units. */
export function amountsOf(operation: string): Record<Unit, number> {
  const {
    worker,
    requests,
    frames,
    rows_written,
    rows_read,
    r2_writes = 0,
    r2_reads = 0,
    timers_ms,
  } = billOf(operation);
  const awake = (requests + frames) * AWAKE_MS + timers_ms;
  return {
    worker,
    cpu_ms: worker * CPU_MS + (WITH_PASSWORD.includes(operation) ? SCRYPT_MS : 0),
    requests: requests + frames / FRAMES_A_REQUEST,
    rows_written,
    rows_read,
    r2_writes,
    r2_reads,
    gigabyte_seconds: (awake / 1_000) * OBJECT_GIGABYTES,
  };
}

/** Dollars for a million of these operations. */
export function priceOf(amounts: Readonly<Record<Unit, number>>): number {
  return units().reduce((sum, unit) => sum + amounts[unit] * UNITS[unit].price, 0);
}

/** The same, term by term: `4.05 × $0.15 + 7 × $1.00`, in the order of the units. */
export function spelledOut(amounts: Readonly<Record<Unit, number>>): string {
  return units()
    .filter((unit) => amounts[unit] > 0)
    .map((unit) => `${decimal(amounts[unit])} × ${dollars(UNITS[unit].price)}`)
    .join(" + ");
}

export const units = () => Object.keys(UNITS) as Unit[];
