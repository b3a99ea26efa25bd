import { useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { Field } from "../ui/field.tsx";
import { FoldedForm } from "../ui/folded-form.tsx";

/** Sets a new password, which signs out all other devices of the user. */
export function PasswordForm() {
  const t = useWords();
  const client = useClient();
  const [old_password, setOld] = useState("");
  const [new_password, setNew] = useState("");
  const [isDone, setDone] = useState(false);
  async function save(): Promise<void> {
    setDone(false);
    await client.api.auth.password({ old_password, new_password });
    setOld("");
    setNew("");
    setDone(true);
  }
  return (
    <>
      <FoldedForm label={t.changePassword} isChanged={old_password !== "" && new_password !== ""} save={save}>
        {/* Tells a password manager whose password this is. */}
        <input type="text" autoComplete="username" value={client.userId} readOnly hidden />
        <Field
          label={t.oldPassword}
          type="password"
          value={old_password}
          onInput={setOld}
          required
          maxLength={128}
          autoComplete="current-password"
        />
        <Field
          label={t.newPassword}
          hint={`${t.passwordHint} ${t.passwordSignsOut}`}
          type="password"
          value={new_password}
          onInput={setNew}
          required
          minLength={6}
          maxLength={128}
          autoComplete="new-password"
        />
      </FoldedForm>
      <p class="hint" role="status">
        {isDone && t.passwordChanged}
      </p>
    </>
  );
}
