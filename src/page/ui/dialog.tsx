import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../i18n/index.ts";
import { addLayer } from "../layers.ts";
import { Store } from "../store.ts";
import { IconButton } from "./icon-button.tsx";

/** The number of open dialogs: the content under a dialog does not count as viewed. */
export const openDialogs = new Store(0);

const UnsavedContext = createContext<Set<string> | null>(null);

/** Reports that the dialog holds input that is not saved: the dialog then asks before it closes. */
export function useUnsaved(isUnsaved: boolean): void {
  const unsaved = useContext(UnsavedContext);
  const id = useId();
  useEffect(() => {
    if (!isUnsaved) return;
    unsaved?.add(id);
    return () => unsaved?.delete(id);
  }, [unsaved, id, isUnsaved]);
}

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
  /** Whether closing would lose input. */
  readonly isUnsaved?: boolean;
}

/** A native modal dialog: it holds the focus, gives it back, and closes by Escape, "back" or a click beside it. */
export function Dialog({ title, onClose, children, class: extra = "", isUnsaved = false }: DialogProps) {
  const t = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [unsaved] = useState(() => new Set<string>());
  const [isAsking, ask] = useState(false);
  const isLosing = () => isUnsaved || unsaved.size > 0;
  const close = () => (isLosing() ? ask(true) : onClose());
  const latest = useRef(close);
  latest.current = close;
  useLayoutEffect(() => {
    const dialog = ref.current;
    // A click beside it also closes it, where the browser supports that.
    dialog?.setAttribute("closedby", "any");
    dialog?.showModal();
    openDialogs.set(openDialogs.getSnapshot() + 1);
    const removeLayer = addLayer(() => latest.current());
    return () => {
      removeLayer();
      openDialogs.set(openDialogs.getSnapshot() - 1);
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`dialog ${extra}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        close();
      }}
      onClose={({ currentTarget }) => {
        if (!currentTarget.isConnected || currentTarget.open) return;
        // At the second Escape a browser closes the dialog, even if the event is cancelled.
        if (isLosing()) currentTarget.showModal();
        close();
      }}
      onPointerDown={({ target, currentTarget }) => {
        if (target === currentTarget && !("closedBy" in currentTarget)) close();
      }}
    >
      <header class="dialog-header">
        <h2 id={titleId} dir="auto">
          {title}
        </h2>
        <IconButton icon="close" label={t.close} onClick={close} />
      </header>
      <UnsavedContext.Provider value={unsaved}>
        <div class="dialog-body">{children}</div>
      </UnsavedContext.Provider>
      {isAsking && (
        <Confirm
          question={t.discardQuestion}
          action={t.discardInput}
          cancel={t.keepEditing}
          onClose={() => ask(false)}
          onConfirm={onClose}
        />
      )}
    </dialog>
  );
}

interface ConfirmProps {
  readonly question: string;
  readonly action: string;
  /** The label of the button that declines, where "cancel" would be unclear. */
  readonly cancel?: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks for confirmation before an action that cannot be undone. */
export function Confirm({ question, action, cancel, onConfirm, onClose }: ConfirmProps) {
  const t = useWords();
  return (
    <Dialog title={action} onClose={onClose} class="narrow">
      <p>{question}</p>
      <div class="buttons">
        <button type="button" class="button" onClick={onClose}>
          {cancel ?? t.cancel}
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
