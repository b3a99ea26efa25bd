import { useEffect, useState } from "preact/hooks";
import { useClient } from "./context.ts";
import { useWords } from "./i18n/index.ts";
import { useView } from "./store.ts";

/** A reconnect that takes less than this is nobody's concern. */
const PATIENCE = 600;

/** Says when the connection is not what it should be; silent when it is. */
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
