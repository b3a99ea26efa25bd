/**
 * A version of a conversation that someone knows: the last known seq, the last known change of members, and the last
 * known change of messages that exist.
 */
export interface Version {
  readonly seq: number;
  readonly ver: number;
  readonly rev: number;
}

/** A version as another object reports it. An object of a release before message operations knows no rev. */
export type ReportedVersion = Omit<Version, "rev"> & Partial<Pick<Version, "rev">>;

/** The version of someone who knows nothing. */
export const NOTHING_KNOWN: Version = { seq: 0, ver: 0, rev: 0 };

/** A reported version. Without a rev it counts as knowing all changes up to now: that release can show none of them. */
export function versionOf({ seq, ver, rev }: ReportedVersion, now: Pick<Version, "rev">): Version {
  return { seq, ver, rev: rev ?? now.rev };
}

/** Whether someone at version `a` knows everything of version `b`. */
export function covers(a: Version, b: Version): boolean {
  return a.seq >= b.seq && a.ver >= b.ver && a.rev >= b.rev;
}

export function isSame(a: Version, b: Version): boolean {
  return a.seq === b.seq && a.ver === b.ver && a.rev === b.rev;
}

/** What both someone at version `a` and someone at version `b` know. */
export function lower(a: Version, b: Version): Version {
  return { seq: Math.min(a.seq, b.seq), ver: Math.min(a.ver, b.ver), rev: Math.min(a.rev, b.rev) };
}
