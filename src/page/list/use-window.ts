import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** The number of rows rendered beyond each end of the screen. */
const BEYOND = 8;

/** A list of rows of equal height, which the styles set: only the rows near the screen are rendered. */
export function useWindow(ids: readonly string[]) {
  const list = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(64);
  const [first, setFirst] = useState(0);
  const before = useRef(ids);
  // The screen is painted first: rendering all rows at once makes the longest task of the start.
  const [beyond, setBeyond] = useState(0);
  useEffect(() => setBeyond(BEYOND), []);
  const screen = Math.ceil((list.current?.clientHeight || innerHeight) / height);
  const top = Math.max(Math.min(first, ids.length - screen), 0);
  const from = Math.max(top - beyond, 0);
  const to = Math.min(top + screen + beyond, ids.length);

  function onScroll(): void {
    const top = list.current?.scrollTop ?? 0;
    const next = Math.floor(top / height);
    // The list renders again some rows before that is needed.
    if (Math.abs(next - first) >= BEYOND / 2) setFirst(next);
  }

  useLayoutEffect(() => {
    const measured = list.current?.querySelector("li")?.getBoundingClientRect().height ?? 0;
    if (measured > 0 && measured !== height) setHeight(measured);
  });

  // Rows added or removed above the screen do not move the rows on it.
  useLayoutEffect(() => {
    const element = list.current;
    const known = before.current;
    before.current = ids;
    if (!element || known === ids || element.scrollTop === 0) return;
    const top = Math.floor(element.scrollTop / height);
    const moved = mostMoved(known.slice(top, top + screen), top, ids);
    if (moved === 0) return;
    element.scrollTop += moved * height;
    onScroll();
  }, [ids]);

  /** Scrolls a row into view, and focuses it once it is rendered. */
  function focusRow(index: number): void {
    const element = list.current;
    if (!element || index < 0 || index >= ids.length) return;
    const top = Math.min(Math.max(element.scrollTop, (index + 1) * height - element.clientHeight), index * height);
    element.scrollTop = top;
    setFirst(Math.floor(top / height));
    requestAnimationFrame(() => element.querySelector<HTMLElement>(`[data-index="${index}"] a`)?.focus());
  }

  return { list, from, to, height, onScroll, focusRow };
}

/** The number of places by which most rows on the screen have moved: a row that moves to the top does not affect it. */
function mostMoved(shown: readonly string[], top: number, ids: readonly string[]): number {
  const places = new Map(ids.map((id, index) => [id, index]));
  const votes = new Map<number, number>();
  for (const [index, id] of shown.entries()) {
    const place = places.get(id);
    if (place === undefined) continue;
    const by = place - (top + index);
    votes.set(by, (votes.get(by) ?? 0) + 1);
  }
  return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
}
