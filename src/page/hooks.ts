import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isPageLookedAt } from "./attention.ts";
import { useClient } from "./context.ts";
import { useWords } from "./i18n/index.ts";
import { useView } from "./store.ts";
import { openDialogs } from "./ui/dialog.tsx";
import { errorText } from "./words.ts";

export interface Action {
  readonly isBusy: boolean;
  /** The last error, in the language of the page. */
  readonly error: string | null;
  /** @returns whether it succeeded */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
  readonly fail: (error: string | null) => void;
}

/** An action of the user that may fail. */
export function useAction(): Action {
  const t = useWords();
  const [running, setRunning] = useState(0);
  const [error, fail] = useState<string | null>(null);
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    setRunning((count) => count + 1);
    fail(null);
    try {
      await work();
      return true;
    } catch (thrown) {
      fail(errorText(t, thrown));
      return false;
    } finally {
      setRunning((count) => count - 1);
    }
  }
  return { isBusy: running > 0, error, run, fail };
}

const ATTENTION = ["focus", "blur", "visibilitychange"];

/** Whether the user is viewing the page now: it has the focus, and no dialog is open. */
export function useAttention(): boolean {
  const [isLookedAt, setLookedAt] = useState(isPageLookedAt);
  const hasDialog = useView(openDialogs) > 0;
  useEffect(() => {
    const listener = () => setLookedAt(isPageLookedAt());
    for (const type of ATTENTION) addEventListener(type, listener);
    return () => {
      for (const type of ATTENTION) removeEventListener(type, listener);
    };
  }, []);
  return isLookedAt && !hasDialog;
}

/** Whether an element is on the screen. */
export function useInView(element: RefObject<Element | null>): boolean {
  const [isInView, setInView] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver((entries) => setInView(entries.at(-1)?.isIntersecting ?? false));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return isInView;
}

/** Whether a server time is still in the future, by the server's clock; renders again once it has passed. */
export function useIsToCome(at: number): boolean {
  const client = useClient();
  const [, renderAgain] = useState(0);
  const rest = at - client.now();
  const isToCome = rest > 0;
  useEffect(() => {
    if (!isToCome) return;
    // A timer is limited to 2^31 ms.
    const timer = setTimeout(() => renderAgain((count) => count + 1), Math.min(rest + 50, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }, [isToCome, rest]);
  return isToCome;
}
