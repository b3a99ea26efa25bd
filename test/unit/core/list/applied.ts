import type { Update } from "../../../../src/core/delivery/update.ts";
import type { Change, ConversationList } from "../../../../src/core/list/list.ts";

/** Applies an update to a list. @returns the change that it announced; null if it announced none */
export function applied(list: ConversationList, update: Update, foundedAt = 0): Change | null {
  const changes: Change[] = [];
  list.apply(update, foundedAt, (change) => changes.push(change));
  return changes[0] ?? null;
}
