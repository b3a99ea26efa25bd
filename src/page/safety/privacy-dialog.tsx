import { useEffect, useState } from "preact/hooks";
import { useClient, useUsers } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { PersonLine } from "../people/person-line.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { Switch } from "../ui/switch.tsx";
import { isolated } from "../words.ts";
import { useBlocks } from "./blocks.ts";

type Privacy = Awaited<ReturnType<ReturnType<typeof useClient>["api"]["user"]["privacy"]>>;

/** Who may reach, find and see the user, and whom the user has blocked. */
export function PrivacyDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const { api } = useClient();
  const [privacy, setPrivacy] = useState<Privacy | null>(null);
  const { run, error } = useAction();
  useEffect(() => void run(async () => setPrivacy(await api.user.privacy())), [api]);
  function change(given: Partial<Privacy>): void {
    if (!privacy) return;
    setPrivacy({ ...privacy, ...given });
    void run(async () => setPrivacy(await api.user.setPrivacy(given))).then((isDone) => {
      if (!isDone) setPrivacy(privacy);
    });
  }
  const audience = { all: t.safety.all, known: t.safety.known, nobody: t.safety.nobody };
  const inviters = { all: t.safety.all, known: t.safety.known, ask: t.safety.ask, nobody: t.safety.nobody };
  return (
    <Dialog title={t.safety.privacy} onClose={onClose} class="narrow">
      <Choice
        label={t.safety.messagesFrom}
        options={audience}
        value={privacy?.messages_from}
        onChange={(messages_from) => change({ messages_from })}
      />
      <Choice
        label={t.safety.invitesFrom}
        options={inviters}
        value={privacy?.invites_from}
        onChange={(invites_from) => change({ invites_from })}
      />
      <Choice
        label={t.safety.lastSeen}
        options={audience}
        value={privacy?.last_seen}
        onChange={(last_seen) => change({ last_seen })}
      />
      <Switch
        label={t.safety.findable}
        checked={privacy?.findable ?? false}
        disabled={privacy === null}
        onChange={(findable) => change({ findable })}
      />
      <ErrorText error={error} />
      <BlockedPeople />
    </Dialog>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly options: Readonly<Record<T, string>>;
  readonly value: T | undefined;
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  return (
    <label class="setting">
      <span>{label}</span>
      <select
        value={value ?? ""}
        disabled={value === undefined}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {(Object.keys(options) as T[]).map((option) => (
          <option key={option} value={option}>
            {options[option]}
          </option>
        ))}
      </select>
    </label>
  );
}

function BlockedPeople() {
  const t = useWords();
  const { blocks, setBlock, error } = useBlocks();
  const users = useUsers(blocks ?? []);
  const nameOf = (id: string) => users.get(id)?.nickname ?? id;
  return (
    <section>
      <h3>{t.safety.blocked}</h3>
      {blocks?.length === 0 && <p class="muted-text">{t.safety.nobodyBlocked}</p>}
      <ul class="people">
        {(blocks ?? []).map((id) => (
          <li key={id} class="setting">
            <PersonLine userId={id} />
            <button
              type="button"
              class="button"
              aria-label={`${t.safety.unblock}: ${isolated(nameOf(id))}`}
              onClick={() => void setBlock(id, false)}
            >
              {t.safety.unblock}
            </button>
          </li>
        ))}
      </ul>
      <ErrorText error={error} />
    </section>
  );
}
