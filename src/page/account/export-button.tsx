import { useEffect, useState } from "preact/hooks";
import type { Export } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { ErrorText } from "../ui/field.tsx";

/** How often the server is asked whether the export is ready. */
const ASK_EVERY = 3_000;

/** Asks the server for all of the user's data, waits until it is ready, and links to it. */
export function ExportButton() {
  const t = useWords();
  const { api } = useClient();
  const [made, setMade] = useState<Export | null>(null);
  const { run, isBusy, error } = useAction();
  const ask = () => void run(async () => setMade(await api.user.export()));
  // After an error the user asks again.
  const isWaiting = made?.is_ready === false && error === null;
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setTimeout(ask, ASK_EVERY);
    return () => clearTimeout(timer);
  }, [made]);
  return (
    <>
      {made?.is_ready ? (
        <a class="link" href={made.url} download>
          {t.safety.downloadExport}
        </a>
      ) : (
        <button type="button" class="link" disabled={isBusy || isWaiting} onClick={ask}>
          {isWaiting ? t.safety.exportWaits : t.safety.exportData}
        </button>
      )}
      {made?.next && <p class="hint">{t.safety.exportGoesOn}</p>}
      <ErrorText error={error} />
    </>
  );
}
