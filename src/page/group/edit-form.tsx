import { useState } from "preact/hooks";
import type { Group } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { ErrorText, Field } from "../ui/field.tsx";

interface EditFormProps {
  readonly group: Group;
  readonly onSaved: () => Promise<void>;
}

type Change = Partial<Pick<Group, "name" | "introduction" | "avatar">>;

/** Name, description and picture, folded away until somebody wants to change them. */
export function EditForm({ group, onSaved }: EditFormProps) {
  const t = useWords();
  const client = useClient();
  const [change, setChange] = useState<Change>({});
  const [isOpen, setOpen] = useState(false);
  const { run, isBusy, error } = useAction();
  const set = (key: keyof Change) => (value: string) => setChange({ ...change, [key]: value });
  function save(event: Event): void {
    event.preventDefault();
    void run(async () => {
      await client.api.group.update({ group_id: group.id, ...change });
      await onSaved();
      setChange({});
      setOpen(false);
    });
  }
  return (
    <details class="fold" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.edit}</summary>
      <form onSubmit={save}>
        <Field label={t.groupName} value={change.name ?? group.name} onInput={set("name")} required maxLength={64} />
        <Field label={t.introduction} value={change.introduction ?? group.introduction} onInput={set("introduction")} />
        <Field label={t.avatarUrl} type="url" value={change.avatar ?? group.avatar} onInput={set("avatar")} />
        <ErrorText error={error} />
        <button type="submit" class="button primary wide" disabled={isBusy || Object.keys(change).length === 0}>
          {t.save}
        </button>
      </form>
    </details>
  );
}
