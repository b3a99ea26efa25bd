import type { UserResult } from "../../core/plan.ts";
import { type Charge, FREE, reach, settleQuota } from "../../core/rates/charges.ts";
import type { Rates } from "../../core/rates/rates.ts";
import { Code } from "../../protocol/codes.ts";
import type { GroupOperation } from "./operation.ts";

export interface Charged {
  readonly operation: GroupOperation;
  readonly conversationId: string;
  /** Whether the group is a large one. */
  readonly isLarge: boolean;
}

/**
 * Takes the budget of an operation: a send for its notice, a move for joining or leaving, a change of a large group,
 * the strangers among those invited. [RATE-1] [RATE-2] [RATE-4] [RATE-7]
 * @throws NexoError TOO_MANY_REQUESTS when too many are strangers
 */
export function chargeFor(
  { operation, conversationId, isLarge }: Charged,
  rates: Rates,
  isStranger: (userId: string) => boolean,
): Charge {
  const now = Date.now();
  if (operation.type === "nickname") return FREE;
  const isMove = ["join", "join_by_link", "quit", "answer_invite"].includes(operation.type);
  const isOfAll = operation.type === "update" || (operation.type === "mute" && operation.user_id === null);
  const changes = isLarge && isOfAll ? rates.groupChanges(conversationId) : null;
  const quota = isMove ? rates.moves(conversationId) : changes;
  if (quota && !quota.take(1, now)) return { ...FREE, allowance: 0, retry_after: quota.wait(1, now) };
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
      // An application is a move, too: it tells the owner and admins.
      const isMoved = spent > 0 || results.some(({ code }) => code === Code.WAITS);
      if (quota) settleQuota(quota, 1, isMoved ? 0 : 1, now);
    },
  };
}

function missedOf(strangers: ReadonlySet<string>, results: readonly UserResult[]): number {
  const reached = results.filter(
    ({ user_id, code }) => (code === Code.OK || code === Code.WAITS) && strangers.has(user_id),
  );
  return strangers.size - reached.length;
}
