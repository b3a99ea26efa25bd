import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useWords } from "../i18n/index.ts";
import { Store } from "../store.ts";
import { IconButton } from "./icon-button.tsx";

/** How many dialogs are open: what is under one is not looked at. */
export const openDialogs = new Store(0);

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
}

/** A modal dialog of the browser's own: it holds the focus, gives it back, and closes by Escape. */
export function Dialog({ title, onClose, children, class: extra = "" }: DialogProps) {
  const t = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    // A click beside it closes it too, where the browser knows that.
    dialog?.setAttribute("closedby", "any");
    dialog?.showModal();
    openDialogs.set(openDialogs.getSnapshot() + 1);
    return () => {
      openDialogs.set(openDialogs.getSnapshot() - 1);
      dialog?.close();
    };
  }, []);
  return (
    <dialog ref={ref} class={`dialog ${extra}`} aria-labelledby={titleId} onClose={onClose}>
      <header class="dialog-header">
        <h2 id={titleId} dir="auto">
          {title}
        </h2>
        <IconButton icon="close" label={t.close} onClick={onClose} />
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  readonly question: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before what cannot be taken back. */
export function Confirm({ question, action, onConfirm, onClose }: ConfirmProps) {
  const t = useWords();
  return (
    <Dialog title={action} onClose={onClose} class="narrow">
      <p>{question}</p>
      <div class="buttons">
        <button type="button" class="button" onClick={onClose}>
          {t.cancel}
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}
