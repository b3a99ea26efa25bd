/** The distance of an element from the top of the scroll area. */
export function placeOf(scroller: HTMLElement, element: HTMLElement): number {
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}

/** The height of the content below the screen. */
export function restOf({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}

/** The rows that are at least partly on the screen. Rows are in order, so a binary search finds them. */
export function rowsOnScreen(scroller: HTMLElement, rows: readonly HTMLElement[]): HTMLElement[] {
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

/** The child elements of a list; all are HTML elements. */
export function childrenOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.children ?? [])].filter((child) => child instanceof HTMLElement);
}

/** The rows between which text is selected, if there is a selection. */
export function selectedRows(list: HTMLElement | null): HTMLElement[] {
  const selection = getSelection();
  if (!list || !selection || selection.isCollapsed) return [];
  const ends = [selection.anchorNode, selection.focusNode];
  return childrenOf(list).filter((row) => ends.some((end) => end !== null && row.contains(end)));
}
