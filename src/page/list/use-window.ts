import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** So many rows are rendered beyond each end of the screen. */
const BEYOND = 8;

/** A list of rows that are all of one height, which the styles say: only those near the screen are rendered. */
export function useWindow(ids: readonly string[]) {
  const list = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(64);
  const [first, setFirst] = useState(0);
  const before = useRef(ids);
  const screen = Math.ceil((list.current?.clientHeight || innerHeight) / height);
  const from = Math.max(Math.min(first, ids.length - screen) - BEYOND, 0);
  const to = Math.min(from + screen + 2 * BEYOND, ids.length);

  function onScroll(): void {
    const top = list.current?.scrollTop ?? 0;
    const next = Math.floor(top / height);
    // Rendered again some rows before that is needed.
    if (Math.abs(next - first) >= BEYOND / 2) setFirst(next);
  }

  useLayoutEffect(() => {
    const measured = list.current?.querySelector("li")?.getBoundingClientRect().height ?? 0;
    if (measured > 0 && measured !== height) setHeight(measured);
  });

  // What comes and goes above the screen moves nothing on it.
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

  /** Brings a row onto the screen, and gives it the focus once it is there. */
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

/** By how many places most of the rows on the screen have moved: one that moves to the top takes no others along. */
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
