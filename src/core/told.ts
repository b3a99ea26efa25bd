import type { ReportedVersion } from "./version.ts";

/** An inbox's answer to an update or a relay. */
export interface Told extends ReportedVersion {
  /** Whether the user has a socket to which messages of a large group may go; absent in older releases. */
  readonly online?: boolean | undefined;
}
