/** A version of a conversation that someone knows: the last known seq and the last known change of members. */
export interface Version {
  readonly seq: number;
  readonly ver: number;
}

/** The version of someone who knows nothing. */
export const NOTHING_KNOWN: Version = { seq: 0, ver: 0 };

/** Whether someone at version `a` knows everything of version `b`. */
export function covers(a: Version, b: Version): boolean {
  return a.seq >= b.seq && a.ver >= b.ver;
}

export function isSame(a: Version, b: Version): boolean {
  return a.seq === b.seq && a.ver === b.ver;
}

/** What both someone at version `a` and someone at version `b` know. */
export function lower(a: Version, b: Version): Version {
  return { seq: Math.min(a.seq, b.seq), ver: Math.min(a.ver, b.ver) };
}
