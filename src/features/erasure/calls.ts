import { declareCall, type Operation } from "../../core/call.ts";
import type { ErasureMode } from "../../protocol/account-model.ts";

// ---- Operations of an Inbox whose account is being erased, in the order in which it runs them. Repeats change nothing.

/** The user leaves for good. From then on nothing that was begun in their name can send. */
export const leaveForGood: Operation<null> = declareCall("erasure.leave");

/**
 * Takes away a part of what the user has left here. It answers `{next}`, the cursor of the next part as JSON; null when
 * nothing is left.
 */
export const eraseTraces: Operation<{ readonly mode: ErasureMode; readonly cursor: string }> =
  declareCall("erasure.erase_traces");
