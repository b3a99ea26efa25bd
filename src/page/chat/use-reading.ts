import { useEffect, useRef } from "preact/hooks";
import { useClient } from "../context.ts";
import { useAttention } from "../hooks.ts";

/** Marks while somebody scrolls: each costs requests. */
const PAUSE = 500;

/**
 * Marks as read what was on the screen of somebody who looks.
 * @returns to be called with the row of the last message on the screen, and whether that is the end
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
  // What was seen last before one left counts too.
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
