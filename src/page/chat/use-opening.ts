import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation, MessagesSnapshot, MessagesView } from "../../client/index.ts";

/** The unread messages at the time a chat was opened. */
export interface Unread {
  /** The seq after which all messages were unread; null if none were. */
  readonly after: number | null;
  readonly count: number;
  /** The newest message at that time. */
  readonly until: number;
}

const NOTHING: Unread = { after: null, count: 0, until: 0 };
const PAGE = 100;
/** A chat with more unread pages than this opens further down; the rest is loaded by scrolling up. */
const MOST_PAGES = 10;

/** Where the unread messages began when the chat was opened: the line that marks it stays while the user reads. */
export function useUnreadAtOpening(conversation: Conversation | undefined, isListed: boolean): Unread {
  const kept = useRef<Unread | null>(null);
  if (!kept.current && isListed) {
    const { unread_count: count = 0, read_seq = 0, max_seq: until = 0 } = conversation ?? {};
    kept.current = count > 0 ? { after: read_seq, count, until } : NOTHING;
  }
  return kept.current ?? NOTHING;
}

/**
 * Loads back to the first unread message.
 * @returns whether the chat can be shown from there
 */
export function useOpening(view: MessagesView, shown: MessagesSnapshot, unread: Unread, isListed: boolean): boolean {
  const { messages, has_older, is_loading, error } = shown;
  const isOpen = useRef(false);
  const pages = useRef(0);
  const [isGivenUp, giveUp] = useState(false);
  const { after, until } = unread;
  const first = messages[0]?.seq ?? 0;
  const last = messages.findLast(({ seq }) => seq > 0)?.seq ?? 0;
  const isHere = !is_loading || first > 0;
  const isReached = after === null ? isHere : last >= until && (first <= after + 1 || !has_older);
  // The messages already loaded are better than an error; if there are none, the next try may load the missing ones.
  const isStuck = isGivenUp || (error !== null && first > 0);
  if (isStuck || (isListed && isReached)) isOpen.current = true;
  useEffect(() => {
    // Reads the current state: a subscriber to the view may just have started loading.
    const { is_loading: isLoading, error: failure } = view.getSnapshot();
    if (isOpen.current || !isListed || isLoading || failure) return;
    const wantsPage = first > 0 && last >= until && has_older && pages.current++ < MOST_PAGES;
    if (wantsPage) view.loadOlder(PAGE).catch(() => giveUp(true));
    else giveUp(true);
  });
  return isOpen.current;
}
