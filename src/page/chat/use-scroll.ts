import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** So near to the end counts as at the end. */
const AT_END = 40;

interface Edges {
  /** The first and the last message; another first one means that older ones were put on top. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** Whether the last one is to be seen whatever is on the screen. */
  readonly isLastOwn: boolean;
}

/** Keeps a list that grows at both ends where the reader is: at the end, or at what is being read. */
export function useScroll({ first, last, isLastOwn }: Edges, nearTop: () => void) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const seen = useRef<{ first: string | undefined; last: string | undefined; height: number; top: number } | null>(
    null,
  );
  const isAtEnd = useRef(true);
  const [isAway, setAway] = useState(false);

  function toEnd(): void {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }
  function remember(): void {
    const element = scroller.current;
    if (element) seen.current = { first, last, height: element.scrollHeight, top: element.scrollTop };
  }
  function onScroll(): void {
    const element = scroller.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END;
    setAway(!isAtEnd.current);
    remember();
    if (element.scrollTop < element.clientHeight) nearTop();
  }

  useLayoutEffect(() => {
    const element = scroller.current;
    const before = seen.current;
    if (!element || first === undefined) return;
    if (!before || before.first === undefined) toEnd();
    else if (isAtEnd.current || (last !== before.last && isLastOwn)) toEnd();
    // Older ones on top: what was on the screen moves down by as much as they are high.
    else if (first !== before.first) element.scrollTop = before.top + element.scrollHeight - before.height;
    remember();
    if (element.scrollTop < element.clientHeight) nearTop();
  });

  // Pictures that load, a phone's keyboard, a window of another size: who is at the end stays there.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) toEnd();
      if (seen.current && scroller.current) {
        seen.current = { ...seen.current, height: scroller.current.scrollHeight, top: scroller.current.scrollTop };
      }
    });
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  return { scroller, content, onScroll, isAway, toEnd };
}
