import { useEffect, useState } from "preact/hooks";
import { useClient } from "./context.ts";
import { useWords } from "./i18n/index.ts";
import { useView } from "./store.ts";

/** A reconnect shorter than this is not shown. */
const PATIENCE = 600;

/** Shows problems with the connection; shows nothing while it works. */
export function ConnectionState() {
  const t = useWords();
  const client = useClient();
  const { status } = useView(client.connection);
  const isWrong = status !== "online";
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (!isWrong) return setShown(false);
    const timer = setTimeout(() => setShown(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [isWrong]);
  return (
    <div class="connection" role="status" data-status={status}>
      {isWrong && isShown && (
        <p>
          <span>{t.status[status]}</span>
          {status === "offline" && (
            <button type="button" class="link" onClick={() => client.wake()}>
              {t.retry}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
