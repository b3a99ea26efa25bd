import { useEffect, useRef } from "preact/hooks";
import { useClient } from "../context.ts";
import { useAttention } from "../hooks.ts";

/** The pause between read marks while the user scrolls: each mark costs requests. */
const PAUSE = 500;

/**
 * Marks the messages on the screen as read while the user is viewing the page.
 * @returns a function to call with the row of the last message on the screen, and whether that is the end
 */
export function useReading(conversationId: string): (row: HTMLElement, isAtEnd: boolean) => void {
  const client = useClient();
  const isAttentive = useAttention();
  const seen = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  function mark(): void {
    clearTimeout(timer.current);
    timer.current = undefined;
    client.markRead(conversationId, seen.current);
  }
  const latest = useRef(mark);
  latest.current = mark;
  // The last messages seen before leaving also count.
  useEffect(
    () => () => {
      if (timer.current !== undefined) latest.current();
    },
    [],
  );
  return (row, isAtEnd) => {
    const seq = Number(row.dataset.seq);
    if (!isAttentive || seq <= seen.current) return;
    seen.current = seq;
    if (isAtEnd) mark();
    else timer.current ??= setTimeout(() => latest.current(), PAUSE);
  };
}
