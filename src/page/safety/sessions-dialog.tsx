import { useEffect, useState } from "preact/hooks";
import type { Session } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";

/** The devices on which the user is signed in. */
export function SessionsDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const { api } = useClient();
  const [sessions, setSessions] = useState<readonly Session[] | null>(null);
  const { run, isBusy, error } = useAction();
  const read = async () => setSessions(await api.auth.sessions());
  useEffect(() => void run(read), [api]);
  const end = (platform_id: number) =>
    void run(async () => {
      await api.auth.endSession(platform_id);
      await read();
    });
  const nameOf = ({ platform_id, platform_name }: Session) => t.platforms[platform_id] ?? platform_name;
  return (
    <Dialog title={t.safety.sessions} onClose={onClose} class="narrow">
      {!sessions && !error && <p class="empty">{t.loading}</p>}
      <ul class="people">
        {sessions?.map((session) => (
          <li key={session.platform_id} class="setting">
            <span class="person">
              <span>{nameOf(session)}</span>
              <span class="muted-text">{seenText(t, session)}</span>
            </span>
            {!session.is_current && (
              <button
                type="button"
                class="button danger-text"
                disabled={isBusy}
                aria-label={`${t.signOut}: ${nameOf(session)}`}
                onClick={() => end(session.platform_id)}
              >
                {t.signOut}
              </button>
            )}
          </li>
        ))}
      </ul>
      <ErrorText error={error} />
    </Dialog>
  );
}

function seenText(t: ReturnType<typeof useWords>, { seen_at, country, is_current }: Session): string {
  const place = country === "" ? "" : (new Intl.DisplayNames(t.code, { type: "region" }).of(country) ?? country);
  const time = is_current ? t.safety.thisDevice : new Date(seen_at).toLocaleDateString(t.code, { dateStyle: "medium" });
  return [time, place].filter(Boolean).join(" · ");
}
