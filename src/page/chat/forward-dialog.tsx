import { useState } from "preact/hooks";
import { MemberStatus, type MessageItem } from "../../client/index.ts";
import { useClient, useConversations } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";
import { tell } from "../ui/toast.tsx";

/** The number of chats offered at once; typing a name shows the others. */
const OFFERED = 50;

interface ForwardDialogProps {
  readonly item: MessageItem;
  readonly onClose: () => void;
}

/** Sends a message on to another chat. */
export function ForwardDialog({ item: { conversation_id: from, seq }, onClose }: ForwardDialogProps) {
  const t = useWords();
  const client = useClient();
  const { conversations } = useConversations();
  const [typed, setTyped] = useState("");
  const { run, isBusy, error } = useAction();
  const wanted = typed.trim().toLocaleLowerCase();
  const offered = conversations.filter(
    ({ my_status, title, peer_user_id }) =>
      my_status === MemberStatus.NORMAL && `${title} ${peer_user_id}`.toLocaleLowerCase().includes(wanted),
  );
  function forward(to: string): void {
    void run(async () => {
      await client.forward(from, [seq], to);
      tell(t.forwarded);
      onClose();
    });
  }
  return (
    <Dialog title={t.forwardTo} onClose={onClose} class="narrow">
      <Field label={t.filter} value={typed} onInput={setTyped} autoFocus />
      <ErrorText error={error} />
      {offered.length === 0 && <p class="empty">{t.noMatch}</p>}
      <ul class="people">
        {offered.slice(0, OFFERED).map(({ conversation_id, peer_user_id, title, avatar }) => (
          <li key={conversation_id}>
            <button type="button" class="menu-item" disabled={isBusy} onClick={() => forward(conversation_id)}>
              <Avatar id={peer_user_id || conversation_id} name={title} url={avatar} size="small" />
              <span dir="auto">{title}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
