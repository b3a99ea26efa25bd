/** Whom changes concern alone: they are told even in a large group, where messages go only to those who attend. */
export class Concerned {
  /** Whether a change concerns all members, as when the group is renamed. */
  all = false;
  /** Members whose row changed. */
  readonly members = new Set<string>();
  /** Members who are named in messages, and the newest of these. */
  readonly named = new Map<string, number>();
  /** Members whom a change of a message names, or names no longer, and the rev of the newest of these changes. */
  readonly amended = new Map<string, number>();
}
