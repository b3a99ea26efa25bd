import { useId, useState } from "preact/hooks";
import type { ReportRequest } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";

type Reason = ReportRequest["reason"];
const MOST = 1_000;

interface ReportDialogProps {
  /** A user, or a message. */
  readonly about: { readonly user_id: string } | { readonly conversation_id: string; readonly seq: number };
  readonly onClose: () => void;
}

/** Reports a user or a message to the moderators. */
export function ReportDialog({ about, onClose }: ReportDialogProps) {
  const t = useWords();
  const client = useClient();
  const id = useId();
  const [reason, choose] = useState<Reason | null>(null);
  const [text, write] = useState("");
  const [isDone, setDone] = useState(false);
  const { run, isBusy, error } = useAction();
  function send(event: Event): void {
    event.preventDefault();
    if (reason) void run(() => client.api.user.report({ ...about, reason, text })).then(setDone);
  }
  return (
    <Dialog title={t.safety.report} onClose={onClose} class="narrow" isUnsaved={text !== "" && !isDone}>
      {isDone ? (
        <>
          <p role="status">{t.safety.reported}</p>
          <button type="button" class="button primary wide" onClick={onClose}>
            {t.close}
          </button>
        </>
      ) : (
        <form onSubmit={send}>
          <fieldset class="choices">
            <legend>{t.safety.reportWhy}</legend>
            {(Object.keys(t.safety.reasons) as Reason[]).map((each) => (
              <label key={each} class="setting">
                <span>{t.safety.reasons[each]}</span>
                <input type="radio" name="reason" checked={reason === each} onChange={() => choose(each)} />
              </label>
            ))}
          </fieldset>
          <div class="field">
            <label for={id}>{t.safety.reportDetails}</label>
            <textarea
              id={id}
              rows={3}
              dir="auto"
              maxLength={MOST}
              value={text}
              aria-describedby={`${id}-hint`}
              onInput={({ currentTarget }) => write(currentTarget.value)}
            />
            <p class="hint" id={`${id}-hint`}>
              {t.safety.reportHint}
            </p>
          </div>
          <ErrorText error={error} />
          <button type="submit" class="button danger wide" disabled={isBusy || reason === null}>
            {t.safety.report}
          </button>
        </form>
      )}
    </Dialog>
  );
}
