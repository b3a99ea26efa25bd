import { Code, errorCode } from "../../protocol/codes.ts";
import type { UserResult } from "../plan.ts";
import type { Quota } from "./quota.ts";
import { type Rates, tooMany } from "./rates.ts";

/** What an operation takes from its user's budgets until its result is known. */
export interface Charge {
  /** How many notices the operation may make. */
  readonly allowance: number;
  /** Seconds until it may make one more. */
  readonly retry_after: number;
  /** Gives back what was not used. @param reply null if the result is unknown */
  settle(reply: { readonly spent: number; readonly results: readonly UserResult[] } | null): void;
}

/** The charge of an operation that costs its user nothing. */
export const FREE: Charge = { allowance: 1, retry_after: 1, settle: () => undefined };

/** What an operation on messages takes: a weight, and a send if it makes a notice. [OPS-9] [RATE-1] */
export function chargeOperation(rates: Rates, weight: number, makesNotice: boolean): Charge {
  const operation = rates.takeOperation(weight);
  const notice = makesNotice ? rates.takeNotice() : { notices: 1, wait: 1 };
  return {
    allowance: operation.taken > 0 && notice.notices > 0 ? 1 : 0,
    retry_after: Math.max(operation.taken > 0 ? 1 : operation.wait, notice.notices > 0 ? 1 : notice.wait),
    settle: (reply) => {
      if (reply?.spent !== 0) return;
      rates.returnOperation(operation.taken);
      if (makesNotice) rates.returnNotice(notice.notices);
    },
  };
}

/** Takes from the quota of strangers. @throws NexoError TOO_MANY_REQUESTS if too few are left [RATE-2] */
export function reach(strangers: Quota, count: number, now: number): void {
  if (strangers.take(count, now)) return;
  throw tooMany("too many strangers, try again later", strangers.wait(count, now));
}

/** Gives back what was not used and stores the rest. If nothing was used, nothing is written. */
export function settleQuota(quota: Quota, taken: number, unused: number, takenAt: number): void {
  if (unused > 0) quota.giveBack(unused, takenAt);
  if (unused < taken) quota.keep();
}

/** Whether a failed call may have been carried out anyway: it was not refused, but gave no answer. */
export function mayHaveHappened(error: unknown): boolean {
  const code = errorCode(error);
  return code === undefined || code === Code.INTERNAL || code === Code.SHUTTING_DOWN;
}
