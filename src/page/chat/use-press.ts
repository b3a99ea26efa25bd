import { useEffect, useRef } from "preact/hooks";

/** How long a finger stays for a long press; iOS fires no event of its own. */
const LONG = 500;
/** A finger that moves this far scrolls. */
const MOVED = 10;

/** Opens the menu of a message by the right button, a long press, or the context menu key. */
export function usePress(open: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const stop = () => clearTimeout(timer.current);
  useEffect(() => stop, []);
  return {
    onContextMenu(event: MouseEvent): void {
      // The browser's own menu has actions for links, pictures and selected text.
      const isBrowsers = event.target instanceof Element && event.target.closest("a, img");
      if (isBrowsers || (getSelection()?.isCollapsed === false && !isTouch())) return;
      event.preventDefault();
      stop();
      open();
    },
    onPointerDown({ pointerType, clientX: x, clientY: y, target }: PointerEvent): void {
      if (pointerType !== "touch" || (target instanceof Element && target.closest("a, button"))) return;
      start.current = { x, y };
      stop();
      timer.current = setTimeout(open, LONG);
    },
    onPointerMove({ clientX, clientY }: PointerEvent): void {
      if (Math.hypot(clientX - start.current.x, clientY - start.current.y) > MOVED) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}

function isTouch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
