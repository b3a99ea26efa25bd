import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { useUnsaved } from "./dialog.tsx";
import { ErrorText } from "./field.tsx";

interface FoldedFormProps {
  readonly label: string;
  readonly isChanged: boolean;
  /** May throw NexoClientError, which is shown; otherwise the form is folded again. */
  readonly save: () => Promise<unknown>;
  readonly children: ComponentChildren;
}

/** A form that stays folded until the user wants to change something. */
export function FoldedForm({ label, isChanged, save, children }: FoldedFormProps) {
  const t = useWords();
  const summary = useRef<HTMLElement>(null);
  const [isOpen, setOpen] = useState(false);
  const { run, isBusy, error } = useAction();
  useUnsaved(isChanged);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (!(await run(save))) return;
    setOpen(false);
    // The button that was pressed is now hidden.
    summary.current?.focus();
  }
  return (
    <details class="fold" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary ref={summary}>{label}</summary>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        <ErrorText error={error} />
        <button type="submit" class="button primary wide" disabled={isBusy || !isChanged}>
          {t.save}
        </button>
      </form>
    </details>
  );
}
