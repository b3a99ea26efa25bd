import { useState } from "preact/hooks";
import type { Group } from "../../client/index.ts";
import { useSignedIn } from "../context.ts";
import { PictureUpload } from "../files/picture-upload.tsx";
import { useWords } from "../i18n/index.ts";
import { Field } from "../ui/field.tsx";
import { FoldedForm } from "../ui/folded-form.tsx";

interface EditFormProps {
  readonly group: Group;
  readonly onSaved: () => Promise<void>;
}

type Change = Partial<Pick<Group, "name" | "introduction" | "avatar" | "announcement">>;

/** Edits the name, description and picture of a group. */
export function EditForm({ group, onSaved }: EditFormProps) {
  const t = useWords();
  const { client, pictures } = useSignedIn();
  const [change, setChange] = useState<Change>({});
  const set = (key: keyof Change) => (value: string) => setChange({ ...change, [key]: value });
  async function save(): Promise<void> {
    await client.api.group.update({ group_id: group.id, ...change });
    if (change.avatar) pictures.allow(change.avatar);
    await onSaved();
    setChange({});
  }
  return (
    <FoldedForm label={t.edit} isChanged={Object.keys(change).length > 0} save={save}>
      <Field label={t.groupName} value={change.name ?? group.name} onInput={set("name")} required maxLength={64} />
      <Field label={t.introduction} value={change.introduction ?? group.introduction} onInput={set("introduction")} />
      <Field
        label={t.groups.announcement}
        value={change.announcement ?? group.announcement}
        onInput={set("announcement")}
      />
      <Field label={t.avatarUrl} type="url" value={change.avatar ?? group.avatar} onInput={set("avatar")} />
      <PictureUpload onUploaded={set("avatar")} />
    </FoldedForm>
  );
}
