import { useState } from "preact/hooks";
import { useClient, useUsers } from "../context.ts";
import { PictureUpload } from "../files/picture-upload.tsx";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { PrivacyDialog } from "../safety/privacy-dialog.tsx";
import { SessionsDialog } from "../safety/sessions-dialog.tsx";
import { signOut } from "../session.ts";
import { ShortcutSheet } from "../shortcuts.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";
import { BellSwitches } from "./bell-switches.tsx";
import { DeleteAccount } from "./delete-account.tsx";
import { ExportButton } from "./export-button.tsx";
import { HiddenSwitch } from "./hidden-switch.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import { PasswordForm } from "./password-form.tsx";

/** The user's profile, online visibility, password and language, and signing out. */
export function AccountDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const client = useClient();
  const me = useUsers([client.userId]).get(client.userId);
  const [nickname, setNickname] = useState<string | null>(null);
  const [avatar, setAvatar] = useState<string | null>(null);
  const { run, isBusy, error } = useAction();
  const [isAsking, ask] = useState(false);
  const [isShowingShortcuts, showShortcuts] = useState(false);
  const [isShowingPrivacy, showPrivacy] = useState(false);
  const [isShowingSessions, showSessions] = useState(false);
  const [isDeleting, showDeletion] = useState(false);
  const isChanged = nickname !== null || avatar !== null;
  function save(event: Event): void {
    event.preventDefault();
    void run(async () => {
      const given = { ...(nickname === null ? {} : { nickname }), ...(avatar === null ? {} : { avatar }) };
      await client.api.user.update(given);
      onClose();
    });
  }
  return (
    <Dialog title={t.account} onClose={onClose} class="narrow" isUnsaved={isChanged}>
      <div class="profile">
        <Avatar id={client.userId} name={me?.nickname ?? ""} url={me?.avatar ?? ""} size="large" />
        <strong dir="auto">{me?.nickname ?? client.userId}</strong>
        <span class="muted-text">{client.userId}</span>
      </div>
      <form onSubmit={save}>
        <Field
          label={t.nickname}
          value={nickname ?? me?.nickname ?? ""}
          onInput={setNickname}
          required
          maxLength={64}
        />
        <Field label={t.avatarUrl} type="url" value={avatar ?? me?.avatar ?? ""} onInput={setAvatar} />
        <PictureUpload onUploaded={setAvatar} />
        <ErrorText error={error} />
        {isChanged && (
          <button type="submit" class="button primary wide" disabled={isBusy}>
            {t.save}
          </button>
        )}
      </form>
      <HiddenSwitch />
      <BellSwitches />
      <div class="setting">
        <span>{t.language}</span>
        <LanguageSwitch />
      </div>
      <PasswordForm />
      <button type="button" class="link" onClick={() => showPrivacy(true)}>
        {t.safety.privacy}
      </button>
      <button type="button" class="link" onClick={() => showSessions(true)}>
        {t.safety.sessions}
      </button>
      {isShowingSessions && <SessionsDialog onClose={() => showSessions(false)} />}
      {isShowingPrivacy && <PrivacyDialog onClose={() => showPrivacy(false)} />}
      <button type="button" class="link" onClick={() => showShortcuts(true)}>
        {t.shortcuts}
      </button>
      {isShowingShortcuts && <ShortcutSheet onClose={() => showShortcuts(false)} />}
      <ExportButton />
      <button type="button" class="link danger-text" onClick={() => showDeletion(true)}>
        {t.safety.deleteAccount}
      </button>
      {isDeleting && <DeleteAccount onClose={() => showDeletion(false)} />}
      <button type="button" class="button wide" onClick={() => (client.unsent > 0 ? ask(true) : signOut())}>
        {t.signOut}
      </button>
      {isAsking && (
        <Confirm
          question={t.signOutUnsent(client.unsent)}
          action={t.signOut}
          onClose={() => ask(false)}
          onConfirm={() => signOut()}
        />
      )}
    </Dialog>
  );
}
