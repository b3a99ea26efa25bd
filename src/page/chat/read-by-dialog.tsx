import { useEffect, useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { PersonLine } from "../people/person-line.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";

interface ReadByDialogProps {
  readonly conversationId: string;
  readonly seq: number;
  readonly onClose: () => void;
}

/** The members of a group who have read a message. */
export function ReadByDialog({ conversationId, seq, onClose }: ReadByDialogProps) {
  const t = useWords();
  const client = useClient();
  const [readers, setReaders] = useState<string[] | null>(null);
  const { run, error } = useAction();
  // Requested once for each message.
  useEffect(() => {
    void run(async () => {
      const { items } = await client.api.msg.readBy({ conversation_id: conversationId, seq });
      setReaders(items.map(({ user_id }) => user_id));
    });
  }, [client, conversationId, seq]);
  return (
    <Dialog title={t.whoRead} onClose={onClose} class="narrow">
      <ErrorText error={error} />
      {!readers && !error && <p class="empty">{t.loading}</p>}
      {readers?.length === 0 && <p class="empty">{t.nobodyRead}</p>}
      <ul class="people">
        {readers?.map((id) => (
          <li key={id}>
            <PersonLine userId={id} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
