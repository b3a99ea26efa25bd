import type { UserResult } from "../../features/groups/operations.ts";
import { Code, errorCode } from "../../protocol/codes.ts";
import type { OperateCall } from "../calls.ts";
import type { Quota } from "./quota.ts";
import { type Rates, tooMany } from "./rates.ts";

/** What an operation takes of its user's rates, until it is known what came of it. */
export interface Charge {
  /** How many notices it may make. */
  readonly allowance: number;
  /** Seconds until it may make one more. */
  readonly retry_after: number;
  /** Gives back what was not used; null when nobody knows. */
  settle(reply: { readonly spent: number; readonly results: readonly UserResult[] } | null): void;
}

const FREE: Charge = { allowance: 1, retry_after: 1, settle: () => undefined };

/**
 * Takes what an operation may use: a send for its notice, a move for coming and going, the strangers among those
 * invited. [RATE-1] [RATE-2] [RATE-4]
 * @throws NexoError TOO_MANY_REQUESTS where too many are strangers.
 */
export function chargeFor(
  { operation, conversationId }: { operation: OperateCall["operation"]; conversationId: string },
  rates: Rates,
  isStranger: (userId: string) => boolean,
): Charge {
  const now = Date.now();
  if (operation.type === "mark_read" || operation.type === "nickname") return FREE;
  const isMove = operation.type === "join" || operation.type === "quit";
  const moves = isMove ? rates.moves(conversationId) : null;
  if (moves && !moves.take(1, now)) return { ...FREE, allowance: 0, retry_after: moves.wait(1, now) };
  const invited = operation.type === "invite" ? operation.user_ids : [];
  const strangers = new Set(invited.filter(isStranger));
  reach(rates.strangers, strangers.size, now);
  const { notices, wait } = rates.takeNotice();
  return {
    allowance: notices,
    retry_after: wait,
    settle: (reply) => {
      const { spent, results } = reply ?? { spent: 1, results: [] };
      rates.returnNotice(notices - Math.min(spent, notices));
      const missed = reply ? missedOf(strangers, results) : 0;
      settleQuota(rates.strangers, strangers.size, missed, now);
      if (moves) settleQuota(moves, 1, spent > 0 ? 0 : 1, now);
    },
  };
}

/** @throws NexoError TOO_MANY_REQUESTS where so many strangers are too many. [RATE-2] */
export function reach(strangers: Quota, count: number, now: number): void {
  if (strangers.take(count, now)) return;
  throw tooMany("too many strangers, try again later", strangers.wait(count, now));
}

/** Gives back what was not used, and writes down the rest; where nothing was used nothing is written. */
export function settleQuota(quota: Quota, taken: number, unused: number, takenAt: number): void {
  if (unused > 0) quota.giveBack(unused, takenAt);
  if (unused < taken) quota.keep();
}

function missedOf(strangers: ReadonlySet<string>, results: readonly UserResult[]): number {
  const reached = results.filter(({ user_id, code }) => code === Code.OK && strangers.has(user_id));
  return strangers.size - reached.length;
}

/** Whether a call that failed may have been carried out all the same: it was not refused, but gave no answer. */
export function mayHaveHappened(error: unknown): boolean {
  const code = errorCode(error);
  return code === undefined || code === Code.INTERNAL || code === Code.SHUTTING_DOWN;
}
