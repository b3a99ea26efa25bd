import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** So near to the end counts as at the end. */
const AT_END = 40;
/** As much of what was read before stays above the line where the unread begins, of the height. */
const ABOVE_UNREAD = 0.15;
/** A message has been seen when so much of it is on the screen. */
const SEEN = 40;

interface ScrollParts {
  /** Whether the rows are there: the list opens where the unread begins, or at its end. */
  readonly isOpen: boolean;
  /** What was sent here last: it is to be seen, whatever is on the screen. */
  readonly sent: string | null;
  readonly nearTop: () => void;
  /** The row of the last message on the screen, and whether the end is. */
  readonly seen: (row: HTMLElement, isAtEnd: boolean) => void;
}

/** What was on the screen: the rows and their distance from the top of the content. */
interface Look {
  readonly rows: readonly { readonly row: HTMLElement; readonly at: number }[];
  readonly top: number;
  readonly height: number;
}

/** Keeps a list that changes anywhere where the reader is: at the end, or at the row on top of the screen. */
export function useScroll(parts: ScrollParts) {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const before = useRef<Look | null>(null);
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);
  // What observes for as long as the list is there calls what was given last.
  const { isOpen, sent, ...calls } = parts;
  const current = useRef(calls);
  current.current = calls;

  function toEnd(): void {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }

  /** Something has changed: what was on the screen goes back to where it was. */
  function settle(element: HTMLElement, { rows, top, height }: Look): void {
    if (isAtEnd.current) {
      toEnd();
      return;
    }
    const kept = rows.find(({ row }) => row.isConnected);
    if (!kept) return;
    const moved = placeOf(element, kept.row) - kept.at;
    if (moved === 0) return;
    // A list that has become too short for where it was scrolled to is scrolled by the browser.
    const isCut = element.scrollHeight < height && restOf(element) < 1;
    element.scrollTop = (isCut ? top : element.scrollTop) + moved;
  }

  function look(element: HTMLElement): void {
    const rows = rowsOnScreen(element, content.current);
    before.current = {
      rows: rows.map((row) => ({ row, at: placeOf(element, row) })),
      top: element.scrollTop,
      height: element.scrollHeight,
    };
    const end = element.scrollTop + element.clientHeight;
    const isSeen = (row: HTMLElement) => placeOf(element, row) + Math.min(row.offsetHeight, SEEN) <= end + 1;
    // One that waits has no seq yet.
    const last = rows.findLast((row) => row.dataset.seq !== "0" && isSeen(row));
    if (last) current.current.seen(last, isAtEnd.current);
    if (element.scrollTop < element.clientHeight) current.current.nearTop();
  }

  function moved(element: HTMLElement): void {
    isAtEnd.current = restOf(element) < AT_END;
    setAway(!isAtEnd.current);
  }

  function onScroll(): void {
    const element = scroller.current;
    const last = before.current;
    if (!element || !last) return;
    // Something grew in the same frame. Who was at the end and scrolls up wants to go.
    const isLeaving = isAtEnd.current && element.scrollTop < last.top;
    if (element.scrollHeight !== last.height && !isLeaving) settle(element, last);
    moved(element);
    look(element);
  }

  useLayoutEffect(() => {
    if (sent !== null) isAtEnd.current = true;
  }, [sent]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (!isOpen) return toEnd();
    if (before.current) settle(element, before.current);
    else {
      const line = content.current?.querySelector<HTMLElement>(".unread-line");
      if (line) element.scrollTop = placeOf(element, line) - element.clientHeight * ABOVE_UNREAD;
      else toEnd();
      moved(element);
    }
    look(element);
  });

  // Pictures that load, a phone's keyboard, a window of another size.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const element = scroller.current;
      if (!element || !before.current) return;
      settle(element, before.current);
      look(element);
    });
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  return { scroller, content, onScroll, isAway, toEnd };
}

/** How far a row is from the top of the content. */
function placeOf(scroller: HTMLElement, row: HTMLElement): number {
  return row.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}

/** How much is below the screen. */
function restOf({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}

/** The rows of messages of which something is on the screen. Rows follow on each other, so they are found by halves. */
function rowsOnScreen(scroller: HTMLElement, content: HTMLElement | null): HTMLElement[] {
  const rows = [...(content?.querySelectorAll<HTMLElement>("[data-seq]") ?? [])];
  const { top, bottom } = scroller.getBoundingClientRect();
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
    else low = middle + 1;
  }
  const after = rows.slice(low);
  const below = after.findIndex((row) => row.getBoundingClientRect().top >= bottom);
  return below === -1 ? after : after.slice(0, below);
}
