import { useEffect, useState } from "preact/hooks";
import type { SignedOutReason } from "../../client/index.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { register, signIn } from "../session.ts";
import { ErrorText, Field } from "../ui/field.tsx";
import { Icon } from "../ui/icons.tsx";
import { LanguageSwitch } from "./language-switch.tsx";

/** Signs in or creates an account; shows why the user was signed out. */
export function SignIn({ reason }: { readonly reason: SignedOutReason | null }) {
  const t = useWords();
  const [isNew, setNew] = useState(false);
  const [userId, setUserId] = useState("");
  const [nickname, setNickname] = useState("");
  const [password, setPassword] = useState("");
  const { run, isBusy, error, fail } = useAction();
  useEffect(() => {
    document.title = t.appName;
  }, [t]);
  function change(next: boolean): void {
    setNew(next);
    fail(null);
  }
  function submit(event: Event): void {
    event.preventDefault();
    const id = userId.trim();
    void run(() => (isNew ? register(id, nickname.trim() || id, password) : signIn(id, password)));
  }
  return (
    <main class="sign-in">
      <div class="card">
        <div class="brand">
          <span class="brand-mark">
            <Icon name="chat" />
          </span>
          <h1>{t.appName}</h1>
          <p>{t.tagline}</p>
        </div>
        {reason && (
          <p class={reason === "logout" ? "banner" : "banner warning"} role="alert">
            {t.signedOut[reason]}
          </p>
        )}
        <fieldset class="segments wide">
          <legend class="visually-hidden">{`${t.signIn} / ${t.register}`}</legend>
          <label>
            <input type="radio" name="mode" checked={!isNew} onChange={() => change(false)} />
            <span>{t.signIn}</span>
          </label>
          <label>
            <input type="radio" name="mode" checked={isNew} onChange={() => change(true)} />
            <span>{t.register}</span>
          </label>
        </fieldset>
        <form onSubmit={submit}>
          <Field
            label={t.userId}
            {...(isNew ? { hint: t.userIdHint } : {})}
            value={userId}
            onInput={setUserId}
            required
            maxLength={64}
            pattern="\s*[A-Za-z0-9_.\-]+\s*"
            autoComplete="username"
          />
          {isNew && (
            <Field label={t.nickname} hint={t.nicknameHint} value={nickname} onInput={setNickname} maxLength={64} />
          )}
          <Field
            // A separate field: the error of a new password does not apply to an existing one.
            key={isNew ? "new" : "old"}
            label={t.password}
            {...(isNew ? { hint: t.passwordHint, minLength: 6 } : {})}
            type="password"
            value={password}
            onInput={setPassword}
            required
            maxLength={128}
            autoComplete={isNew ? "new-password" : "current-password"}
          />
          <ErrorText error={error} />
          <button type="submit" class="button primary wide" disabled={isBusy}>
            {isBusy ? t.working : isNew ? t.register : t.signIn}
          </button>
        </form>
      </div>
      <LanguageSwitch />
    </main>
  );
}
