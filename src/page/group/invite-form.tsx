import { useState } from "preact/hooks";
import type { GroupMember, UserResult } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { PersonLine } from "../people/person-line.tsx";
import { Picker } from "../people/picker.tsx";
import { usePicking } from "../people/picking.ts";
import { useUnsaved } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { codeText } from "../words.ts";

interface InviteFormProps {
  readonly groupId: string;
  readonly members: readonly GroupMember[];
  readonly onInvited: () => Promise<void>;
}

/** Invites users, and shows the result for each of them. */
export function InviteForm({ groupId, members, onInvited }: InviteFormProps) {
  const t = useWords();
  const client = useClient();
  const picking = usePicking();
  const [results, setResults] = useState<readonly UserResult[]>([]);
  const { run, isBusy, error } = useAction();
  useUnsaved(picking.isBegun);
  function submit(event: Event): void {
    event.preventDefault();
    setResults([]);
    void run(async () => {
      const user_ids = await picking.take();
      if (!user_ids || user_ids.length === 0) return;
      setResults(await client.api.group.invite({ group_id: groupId, user_ids: [...user_ids] }));
      picking.clear();
      await onInvited();
    });
  }
  return (
    <details class="fold">
      <summary>{t.invite}</summary>
      <form onSubmit={submit}>
        <Picker picking={picking} without={new Set(members.map(({ user_id }) => user_id))} />
        <button type="submit" class="button primary wide" disabled={isBusy}>
          {t.invite}
        </button>
        <ErrorText error={error} />
        <div role="status">
          <ul class="people">
            {results.map(({ user_id, code }) => (
              <li key={user_id}>
                <PersonLine userId={user_id}>
                  <span class={code === 0 ? "is-online" : "error"}>
                    {code === 0 ? t.invitedOne : codeText(t, code)}
                  </span>
                </PersonLine>
              </li>
            ))}
          </ul>
        </div>
      </form>
    </details>
  );
}
