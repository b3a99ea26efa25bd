import type { SyncRequest } from "../../protocol/bodies.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { ListEntry } from "./entry.ts";
import type { Page } from "./order.ts";

/** The change numbers of a list: the one since which it knows every change, and the newest one. */
export interface Numbers {
  readonly first: number;
  readonly newest: number;
}

/**
 * A page of the changes since a cursor, oldest change first; since 0, of the whole list, newest change first.
 * All pages bring the client to the cursor of the first page: later changes come after that cursor. [SYNC-2]
 * @throws NexoError TOKEN_MISMATCH for a cursor that this inbox never gave, or can no longer answer
 */
export function syncPage(
  entries: readonly ListEntry[],
  { since, page, limit }: SyncRequest,
  numbers: Numbers,
): Page & { cursor: number } {
  if (since !== 0 && (since < numbers.first || since > numbers.newest)) {
    throw new NexoError(Code.TOKEN_MISMATCH, "since: this inbox never gave that cursor, sync from 0");
  }
  const start = page === "" ? { cursor: numbers.newest, from: undefined } : positionOf(page, since, entries, numbers);
  const { cursor, from } = start;
  const newestFirst = since === 0;
  const changes = entries
    .filter(({ change, gone }) => change > since && change <= cursor && !(newestFirst && gone))
    .filter(({ change }) => from === undefined || (newestFirst ? change < from : change > from))
    .sort((a, b) => (newestFirst ? b.change - a.change : a.change - b.change));
  const found = changes.slice(0, limit);
  const last = found.at(-1);
  return { entries: found, next: last && changes.length > limit ? `${since}.${cursor}.${last.change}` : "", cursor };
}

/**
 * The position where a page begins. Each change number between the list's first number and now was given once, so
 * a page token with two of them and the same `since` may have been given. Any other token was not given. [WIRE-6]
 */
function positionOf(
  page: string,
  since: number,
  entries: readonly ListEntry[],
  numbers: Numbers,
): { cursor: number; from: number } {
  const [whose, cursor, from] = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})$/.exec(page)?.slice(1).map(Number) ?? [];
  const isGiven =
    whose === since && cursor !== undefined && from !== undefined && `${whose}.${cursor}.${from}` === page;
  if (!isGiven || cursor > numbers.newest || from > cursor || from <= (since || oldestChange(entries, numbers))) {
    throw new NexoError(Code.INVALID_PARAMETER, "page: must be a next that this sync gave");
  }
  return { cursor, from };
}

/** A number below every change number that a page since 0 can end with; some may be older than the first cursor. */
function oldestChange(entries: readonly ListEntry[], { first }: Numbers): number {
  return entries.reduce((oldest, { change }) => Math.min(oldest, change - 1), first);
}
