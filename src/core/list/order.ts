import { Code, NexoError } from "../../protocol/codes.ts";
import { parseConversationId } from "../../protocol/ids.ts";
import type { ListEntry } from "./entry.ts";

/** Some entries of the list, and where the next page begins; "" if there is none. */
export interface Page {
  readonly entries: readonly ListEntry[];
  readonly next: string;
}

/** What decides where an entry stands in the list. */
type Position = Pick<ListEntry, "is_pinned" | "updated_at" | "conversation_id">;

/** Pinned first, then newest first. */
export function inOrder(a: Position, b: Position): number {
  return (
    Number(b.is_pinned) - Number(a.is_pinned) ||
    b.updated_at - a.updated_at ||
    (a.conversation_id < b.conversation_id ? -1 : a.conversation_id > b.conversation_id ? 1 : 0)
  );
}

/** The order of staying in a full list. Without a message by the user, even new ones leave first; pinned ones last. */
export function inOrderToStay(a: ListEntry, b: ListEntry): number {
  return Number(isKept(b)) - Number(isKept(a)) || inOrder(a, b);
}

function isKept({ is_pinned, sent_bytes, founded_at }: ListEntry): boolean {
  return is_pinned || sent_bytes > 0 || founded_at > 0;
}

/** The position after a page that ends with this entry. */
export function toPosition({ is_pinned, updated_at, conversation_id }: Position): string {
  return `${is_pinned ? 1 : 0}.${updated_at}.${conversation_id}`;
}

/** @throws NexoError INVALID_PARAMETER for a text that is no position */
export function positionOf(cursor: string): Position {
  const match = /^([01])\.(\d{1,16})\.(.+)$/.exec(cursor);
  const [, pinned, updatedAt, conversationId = ""] = match ?? [];
  if (parseConversationId(conversationId) === null) {
    throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
  }
  return { is_pinned: pinned === "1", updated_at: Number(updatedAt), conversation_id: conversationId };
}
