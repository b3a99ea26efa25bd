import type { Told } from "../told.ts";
import type { Version } from "../version.ts";
import type { Outside } from "./outside.ts";
import type { Known, Packet } from "./policy.ts";

export interface FanOutOptions {
  /** Hears every message, too. */
  readonly outside?: Outside;
  /** Sends an update or a relay to a member's inbox, and resolves to its answer. Must settle within a deadline. */
  readonly call: (userId: string, packet: Pick<Packet, "kind" | "text">) => Promise<Told>;
  /** Makes sure that `alarm` is called at this time or earlier. */
  readonly wakeAt: (time: number) => void;
  /** Resolves when the promise settles, or after this many milliseconds. */
  readonly settled: (promise: Promise<unknown>, milliseconds: number) => Promise<void>;
  /** Runs something after some milliseconds. The object stays awake until then. */
  readonly after: (milliseconds: number, run: () => void) => void;
  /** Runs something after the answers of this turn have been sent. */
  readonly later: (run: () => void) => void;
  readonly now: () => number;
  readonly random: () => number;
  /** Called with the time it took until a member who was behind knew everything. */
  readonly reached: (milliseconds: number) => void;
  /** Called for each failed call, with the time that this member has been behind. */
  readonly missed: (userId: string, milliseconds: number) => void;
}

/** One member's inbox: what is known of it, and the call in flight. */
export interface Listener extends Known {
  told: Version;
  relayed: number;
  /** The version in an answer that is on its way: no update is needed for it, but its arrival is not certain. */
  assumed: Version | null;
  call: Promise<void> | null;
  failures: number;
  retryAt: number;
  /** Since when there is something to tell; null while there is not. */
  since: number | null;
}

export function newListener(told: Version): Listener {
  return { told, relayed: told.seq, assumed: null, call: null, failures: 0, retryAt: 0, since: null };
}

const BACKOFF = { first: 1_000, longest: 300_000 };

/** The pause before the next try, in whole milliseconds: an alarm a fraction early would find nothing to do. */
export function pauseAfter(failures: number, random: number): number {
  const pause = Math.min(BACKOFF.first * 2 ** (failures - 1), BACKOFF.longest);
  return Math.ceil(pause * (0.5 + random));
}
