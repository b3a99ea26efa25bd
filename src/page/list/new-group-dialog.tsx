import { useRef, useState } from "preact/hooks";
import { groupConversationId } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { idsIn } from "../ids.ts";
import { openChat } from "../route.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";

export function NewGroupDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const client = useClient();
  const [name, setName] = useState("");
  const [members, setMembers] = useState("");
  const { run, isBusy, error } = useAction();
  // The same for every try, so that one whose answer was lost makes no second group.
  const attempt = useRef(`${Date.now()}-${Math.random()}`);
  function create(event: Event): void {
    event.preventDefault();
    void run(async () => {
      const { id } = await client.api.group.create({
        name: name.trim(),
        member_ids: idsIn(members),
        client_group_id: attempt.current,
      });
      onClose();
      openChat(groupConversationId(id));
    });
  }
  return (
    <Dialog title={t.newGroup} onClose={onClose} class="narrow">
      <form onSubmit={create}>
        <Field label={t.groupName} value={name} onInput={setName} required autoFocus maxLength={64} />
        <Field label={t.memberIds} hint={t.memberIdsHint} value={members} onInput={setMembers} />
        <ErrorText error={error} />
        <button type="submit" class="button primary wide" disabled={isBusy || name.trim() === ""}>
          {t.create}
        </button>
      </form>
    </Dialog>
  );
}
