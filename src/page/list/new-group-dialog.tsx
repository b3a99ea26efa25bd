import { useRef, useState } from "preact/hooks";
import { groupConversationId } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { PictureUpload } from "../files/picture-upload.tsx";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { Picker } from "../people/picker.tsx";
import { usePicking } from "../people/picking.ts";
import { openChat } from "../route.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";

export function NewGroupDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const client = useClient();
  const [name, setName] = useState("");
  const [avatar, setAvatar] = useState("");
  const picking = usePicking();
  const { run, isBusy, error } = useAction();
  // The same for every try, so that a retry after a lost answer creates no second group.
  const attempt = useRef(`${Date.now()}-${Math.random()}`);
  function create(event: Event): void {
    event.preventDefault();
    void run(async () => {
      const members = await picking.take();
      if (!members) return;
      const { id } = await client.api.group.create({
        name: name.trim(),
        avatar,
        member_ids: [...members],
        client_group_id: attempt.current,
      });
      onClose();
      openChat(groupConversationId(id));
    });
  }
  return (
    <Dialog
      title={t.newGroup}
      onClose={onClose}
      class="narrow"
      isUnsaved={name.trim() + avatar !== "" || picking.isBegun}
    >
      <form onSubmit={create}>
        <Field label={t.groupName} value={name} onInput={setName} required autoFocus maxLength={64} />
        <div class="found">
          <Avatar id="" name={name.trim()} url={avatar} />
          <PictureUpload onUploaded={setAvatar} />
        </div>
        <Picker picking={picking} />
        <ErrorText error={error} />
        <button type="submit" class="button primary wide" disabled={isBusy || name.trim() === ""}>
          {t.create}
        </button>
      </form>
    </Dialog>
  );
}
