import { useEffect, useState } from "preact/hooks";
import { useWords } from "./i18n/index.ts";
import { useView } from "./store.ts";
import { openDialogs } from "./ui/dialog.tsx";
import { errorText } from "./words.ts";

export interface Action {
  readonly isBusy: boolean;
  /** What went wrong the last time, in the page's language. */
  readonly error: string | null;
  /** @returns whether it went well */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
  readonly fail: (error: string | null) => void;
}

/** Something the user asks for that may fail. */
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

/** Whether the user looks at the page just now: it has the focus, and no dialog is over it. */
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

function isPageLookedAt(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** The time, again each time that `at` has passed. */
export function useNow(at: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const rest = at - Date.now();
    if (rest <= 0) return;
    // A timer holds no more than 2^31 ms.
    const timer = setTimeout(() => setNow(Date.now()), Math.min(rest + 50, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }, [at]);
  return now;
}
