import { useState } from "preact/hooks";
import { useWords } from "../i18n/index.ts";

interface CopyButtonProps {
  readonly label: string;
  readonly text: string;
}

/** Copies a text to the clipboard and confirms it. */
export function CopyButton({ label, text }: CopyButtonProps) {
  const t = useWords();
  const [isDone, setDone] = useState(false);
  // Browsers have no clipboard over plain http.
  if (!navigator.clipboard) return null;
  return (
    <>
      <button
        type="button"
        class="button wide"
        onClick={() => {
          navigator.clipboard.writeText(text).then(
            () => setDone(true),
            () => setDone(false),
          );
        }}
      >
        {isDone ? t.copied : label}
      </button>
      <span class="visually-hidden" role="status">
        {isDone && t.copied}
      </span>
    </>
  );
}
