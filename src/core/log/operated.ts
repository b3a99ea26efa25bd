import type { OperateReply } from "../calls.ts";
import type { Change } from "./amendments.ts";

/** The result of a change. `departed` are the affected users who are not active members. */
export interface Operated extends Omit<OperateReply, "tell"> {
  readonly departed: readonly string[];
  /** What happened to messages that exist. */
  readonly change?: Change | null;
}
