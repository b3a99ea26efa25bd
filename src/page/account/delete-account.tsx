import { useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { eraseAccount } from "../session.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";
import { Switch } from "../ui/switch.tsx";

/** Erases the user's account for good, after the password. */
export function DeleteAccount({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const { userId } = useClient();
  const [password, setPassword] = useState("");
  const [isKept, keep] = useState(false);
  const { run, isBusy, error } = useAction();
  function submit(event: Event): void {
    event.preventDefault();
    void run(() => eraseAccount({ password, mode: isKept ? "anonymous" : "messages" }));
  }
  return (
    <Dialog title={t.safety.deleteAccount} onClose={onClose} class="narrow">
      <p>{t.safety.deleteAccountWhat}</p>
      <form onSubmit={submit}>
        {/* Tells a password manager whose password this is. */}
        <input type="text" autoComplete="username" value={userId} readOnly hidden />
        <Field
          label={t.password}
          type="password"
          value={password}
          onInput={setPassword}
          required
          maxLength={128}
          autoComplete="current-password"
        />
        <Switch label={t.safety.keepMessages} checked={isKept} onChange={keep} />
        <ErrorText error={error} />
        <button type="submit" class="button danger wide" disabled={isBusy}>
          {isBusy ? t.working : t.safety.deleteForGood}
        </button>
      </form>
    </Dialog>
  );
}
