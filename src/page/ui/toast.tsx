import { useEffect } from "preact/hooks";
import { Store, useView } from "../store.ts";

/** Milliseconds for which a toast stays. */
const SHOWN = 6_000;

interface Told {
  readonly text: string;
  readonly isError: boolean;
}

const told = new Store<Told | null>(null);

/** Tells the user the outcome of an action whose dialog is closed. */
export function tell(text: string, isError = false): void {
  told.set({ text, isError });
}

/** The last text that was told, for a few seconds; screen readers announce it. */
export function Toast() {
  const shown = useView(told);
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => told.set(null), SHOWN);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <div class="toast" role={shown?.isError ? "alert" : "status"}>
      {shown && <p class={shown.isError ? "error" : ""}>{shown.text}</p>}
    </div>
  );
}
