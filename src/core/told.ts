import type { Version } from "./version.ts";

/** An inbox's answer to an update or a relay. */
export interface Told extends Version {
  /** Whether the user has a socket to which messages of a large group may go; absent in older releases. */
  readonly online?: boolean | undefined;
}
