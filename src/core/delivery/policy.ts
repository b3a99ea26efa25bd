import type { Concerned } from "../log/concerned.ts";
import type { Member } from "../member.ts";
import type { Version } from "../version.ts";

/** What a conversation knows of one inbox. */
export interface Known {
  /** The version that the inbox has stored, as it reported itself. */
  readonly told: Version;
  /** The newest message that its sockets got. It is at least that of `told`. */
  readonly relayed: number;
}

/** The next call to an inbox. */
export interface Packet {
  /** An update changes the user's list. A relay goes to the user's sockets only. */
  readonly kind: "update" | "relay";
  readonly text: string;
  /** What the inbox has after it. */
  readonly version: Version;
}

/**
 * Decides which inboxes are told of what. `FanOut` does the telling: one call at a time for each inbox, retries, and the
 * stored marks.
 */
export interface Policy {
  /** Takes note of what concerns members alone. Called in the turn of each change. */
  concern(concerned: Concerned): void;
  /** The active members whose inboxes may be behind. */
  audience(): Iterable<string>;
  /** The version that the inbox must have stored. */
  target(member: Member): Version;
  /** What the inbox lacks; null if nothing. */
  next(member: Member, known: Known): Packet | null;
  /** How far an inbox is that lacks something, for the stored marks. */
  markOf(member: Member, known: Known): Version;
  /** The inbox lacks nothing. */
  settled(userId: string): void;
  /** Whether calls to one inbox are spaced under load. */
  readonly isPaced: boolean;
  /** Whether marks are stored as soon as the last call has ended, and not by the alarm. */
  readonly storesAtOnce: boolean;
  /** After how many milliseconds the alarm stores the marks, or repeats what a crash has interrupted. */
  guardAfter(quietFor: number): number;
}
