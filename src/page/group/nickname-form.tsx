import { useState } from "preact/hooks";
import type { GroupMember } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { Field } from "../ui/field.tsx";
import { FoldedForm } from "../ui/folded-form.tsx";

interface NicknameFormProps {
  /** The user's own membership. */
  readonly member: GroupMember;
  readonly onSaved: () => Promise<void>;
}

/** Sets the user's nickname in this group, shown instead of their own name. */
export function NicknameForm({ member, onSaved }: NicknameFormProps) {
  const t = useWords();
  const client = useClient();
  const { group_id, group_nickname, nickname } = member;
  const [name, setName] = useState<string | null>(null);
  async function save(): Promise<void> {
    await client.api.group.nickname({ group_id, group_nickname: (name ?? "").trim() });
    await onSaved();
    setName(null);
  }
  return (
    <FoldedForm label={t.groupNickname} isChanged={name !== null} save={save}>
      <Field
        label={t.nickname}
        hint={t.groupNicknameHint(nickname)}
        value={name ?? group_nickname}
        onInput={setName}
        maxLength={64}
      />
    </FoldedForm>
  );
}
