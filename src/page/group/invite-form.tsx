import { useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { idsIn } from "../ids.ts";
import { ErrorText, Field } from "../ui/field.tsx";
import { codeText, listOf } from "../words.ts";

interface InviteFormProps {
  readonly groupId: string;
  readonly onInvited: () => Promise<void>;
}

export function InviteForm({ groupId, onInvited }: InviteFormProps) {
  const t = useWords();
  const client = useClient();
  const [ids, setIds] = useState("");
  const [done, setDone] = useState("");
  const { run, isBusy, error, fail } = useAction();
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setDone("");
    const user_ids = idsIn(ids);
    if (user_ids.length === 0) return;
    let failed = "";
    const isDone = await run(async () => {
      const results = await client.api.group.invite({ group_id: groupId, user_ids });
      const invited = results.filter(({ code }) => code === 0).map(({ user_id }) => user_id);
      const others = results.filter(({ code }) => code !== 0);
      failed = others.map(({ user_id, code }) => `${user_id}: ${codeText(t, code)}`).join(" ");
      if (invited.length > 0) setDone(t.invited(listOf(t, invited)));
      setIds(others.map(({ user_id }) => user_id).join(", "));
      await onInvited();
    });
    if (isDone && failed !== "") fail(failed);
  }
  return (
    <form class="invite" onSubmit={(event) => void submit(event)}>
      <div class="inline-form">
        <Field label={t.inviteLabel} value={ids} onInput={setIds} />
        <button type="submit" class="button" disabled={isBusy}>
          {t.invite}
        </button>
      </div>
      <p class="hint" role="status">
        {done}
      </p>
      <ErrorText error={error} />
    </form>
  );
}
