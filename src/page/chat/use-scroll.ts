import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { MessageItem } from "../../client/index.ts";
import { childrenOf, placeOf, restOf, rowsOnScreen, selectedRows } from "./screen.ts";
import { Heights, type Span, spanAround } from "./window.ts";

/** A distance from the end up to this counts as at the end. */
const AT_END = 40;
/** The part of the screen height that shows messages already read, above the line that marks the unread ones. */
const ABOVE_UNREAD = 0.15;
/** A message counts as seen when this much of it is on the screen. */
const SEEN = 40;
/** More rows are rendered when one is missing of those that a screen of this part of the height would have around it. */
const NEAR = 0.75;
/** Selected text stays rendered wherever the user scrolls, if it spans at most this many messages. */
const MOST_SELECTED = 300;

interface ScrollParts {
  readonly items: readonly MessageItem[];
  /** The message at which the list opens: the first unread one, or one that was jumped to; -1 to open at its end. */
  readonly openAt: number;
  /** Whether the rows are loaded. */
  readonly isOpen: boolean;
  /** Whether the last row is the newest message: a reader at the end then sees each new one. */
  readonly isFollowing: boolean;
  /** The last message sent here: the list scrolls to it, whatever is on the screen. */
  readonly sent: string | null;
  readonly nearTop: () => void;
  readonly nearEnd: () => void;
  /** Receives the last message on the screen, and whether the end is on the screen. */
  readonly seen: (message: HTMLElement, isAtEnd: boolean) => void;
}

/** The last state of the screen: the rows and their distance from the top of the content. */
interface Look {
  readonly rows: readonly { readonly row: HTMLElement; readonly at: number }[];
  readonly first: MessageItem | undefined;
  /** The part of the first row above the screen. */
  readonly hidden: number;
  readonly top: number;
  readonly height: number;
}

/**
 * Renders the part of a list that is near the screen, and keeps the reader's position through all changes: at
 * the end, or at the row at the top of the screen.
 */
export function useScroll(parts: ScrollParts) {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const before = useRef<Look | null>(null);
  const isAtEnd = useRef(true);
  const hasFocus = useRef(false);
  const [heights] = useState(() => new Heights<MessageItem>());
  const [isAway, setAway] = useState(false);
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const { items, openAt, isOpen, isFollowing, sent, ...calls } = parts;
  // Set before the span is chosen: a message sent here is at the end.
  const sentBefore = useRef(sent);
  if (sentBefore.current !== sent) isAtEnd.current = true;
  sentBefore.current = sent;

  const rendered = useRef<{ readonly items: readonly MessageItem[]; readonly span: Span }>({
    items: [],
    span: { from: 0, to: 0 },
  });
  const span = spanNow(items, isFollowing);
  // Observers live as long as the list, so they read the latest rendered values from here.
  const current = useRef({ items, span, calls, isFollowing });
  current.current = { items, span, calls, isFollowing };

  /** The rows to be rendered around the screen, or a part of it. Observers call it with the latest values. */
  function spanNow(all: readonly MessageItem[], follows: boolean, part = 1): Span {
    const screen = (scroller.current?.clientHeight || innerHeight) * part;
    const top = topIndex(all, follows);
    const hidden = before.current && all[top] === before.current.first ? before.current.hidden : 0;
    return withSelection(all, spanAround(all, heights, top, screen, hidden));
  }

  /** The index of the row to be at the top of the screen; the number of rows for the end. */
  function topIndex(all: readonly MessageItem[], follows: boolean): number {
    if (!before.current && isOpen && openAt >= 0) return openAt;
    const first = before.current?.first;
    if ((isAtEnd.current && follows) || !first) return all.length;
    const index = all.indexOf(first);
    if (index !== -1) return index;
    const next = all.findIndex(({ seq }) => seq >= first.seq);
    return next === -1 ? all.length : next;
  }

  function withSelection(all: readonly MessageItem[], { from, to }: Span): Span {
    const rows = childrenOf(content.current);
    const ends = selectedRows(content.current).map((row) => {
      const item = rendered.current.items[rendered.current.span.from + rows.indexOf(row)];
      return item ? all.indexOf(item) : -1;
    });
    const wide = { from: Math.min(from, ...ends), to: Math.max(to, ...ends.map((end) => end + 1)) };
    return ends.includes(-1) || wide.to - wide.from > MOST_SELECTED ? { from, to } : wide;
  }

  function toEnd(): void {
    isAtEnd.current = true;
    renderAgain(null);
  }

  function open(element: HTMLElement, list: HTMLElement): void {
    const line = list.querySelector<HTMLElement>(".unread-line, .is-target");
    element.scrollTop = line ? placeOf(element, line) - element.clientHeight * ABOVE_UNREAD : element.scrollHeight;
  }

  /** Something has changed: returns the rows on the screen to their previous position. */
  function settle(element: HTMLElement, { rows, top, height }: Look): void {
    if (isAtEnd.current && current.current.isFollowing) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    const kept = rows.find(({ row }) => row.isConnected);
    if (!kept) return;
    const moved = placeOf(element, kept.row) - kept.at;
    if (moved === 0) return;
    // If the list has become too short for its scroll position, the browser has already scrolled it.
    const isCut = element.scrollHeight < height && restOf(element) < 1;
    element.scrollTop = (isCut ? top : element.scrollTop) + moved;
  }

  function look(element: HTMLElement, list: HTMLElement): void {
    const { items: all, span: shown, calls: told, isFollowing: follows } = current.current;
    const every = childrenOf(list);
    const rows = rowsOnScreen(element, every);
    const inside = element.scrollTop - placeOf(element, list);
    const index = rows[0] ? shown.from + every.indexOf(rows[0]) : heights.indexAt(all, inside);
    before.current = {
      rows: rows.map((row) => ({ row, at: placeOf(element, row) })),
      first: all[index],
      hidden: rows[0] ? element.scrollTop - placeOf(element, rows[0]) : 0,
      top: element.scrollTop,
      height: element.scrollHeight,
    };
    hasFocus.current = list.contains(document.activeElement);
    // Chosen as the rendered rows are, so that these are enough once their heights are known: this ends.
    const { from, to } = spanNow(all, follows, NEAR);
    if (from < shown.from || to > shown.to) renderAgain(null);
    const end = element.scrollTop + element.clientHeight;
    const isSeen = (message: HTMLElement) =>
      placeOf(element, message) + Math.min(message.offsetHeight, SEEN) <= end + 1;
    const messages = rows.map((row) => row.querySelector<HTMLElement>("[data-seq]")).filter((each) => each !== null);
    // A waiting message has no seq yet.
    const last = messages.findLast((message) => message.dataset.seq !== "0" && isSeen(message));
    if (last) told.seen(last, isAtEnd.current);
    if (element.scrollTop < element.clientHeight) told.nearTop();
    if (restOf(element) < element.clientHeight) told.nearEnd();
  }

  function moved(element: HTMLElement): void {
    isAtEnd.current = restOf(element) < AT_END;
    setAway(!isAtEnd.current);
  }

  function measure(list: HTMLElement): void {
    const { items: all, span: shown } = current.current;
    const measured = new Map<MessageItem, number>();
    for (const [index, row] of childrenOf(list).entries()) {
      const item = all[shown.from + index];
      if (item) measured.set(item, row.getBoundingClientRect().height);
    }
    heights.measure(measured);
  }

  function onScroll(): void {
    const element = scroller.current;
    const last = before.current;
    if (!element || !content.current || !last) return;
    // Something grew in the same frame. A user at the end who scrolls up wants to leave it.
    const isLeaving = isAtEnd.current && element.scrollTop < last.top;
    if (element.scrollHeight !== last.height && !isLeaving) settle(element, last);
    moved(element);
    look(element, content.current);
  }

  useLayoutEffect(() => {
    const element = scroller.current;
    const list = content.current;
    if (!element || !list) return;
    rendered.current = { items, span };
    measure(list);
    if (!isOpen) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    if (before.current) settle(element, before.current);
    else open(element, list);
    // The focused element is no longer rendered.
    if (hasFocus.current && document.activeElement === document.body) element.focus({ preventScroll: true });
    moved(element);
    look(element, list);
  });

  // The size changes when pictures load, a phone's keyboard opens or the window is resized.
  useEffect(() => {
    let width = scroller.current?.clientWidth ?? 0;
    const observer = new ResizeObserver(() => {
      const element = scroller.current;
      const list = content.current;
      if (!element || !list || !before.current) return;
      if (element.clientWidth !== width) heights.forget();
      width = element.clientWidth;
      measure(list);
      settle(element, before.current);
      look(element, list);
    });
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, [heights]);

  return {
    scroller,
    content,
    span,
    /** The height of the rows that are not rendered. */
    above: heights.sum(items, { from: 0, to: span.from }),
    below: heights.sum(items, { from: span.to, to: items.length }),
    onScroll,
    isAway,
    toEnd,
  };
}
