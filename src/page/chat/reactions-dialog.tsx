import { useEffect, useState } from "preact/hooks";
import type { MessageItem } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { PersonLine } from "../people/person-line.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";

interface ReactionsDialogProps {
  readonly item: MessageItem;
  readonly onClose: () => void;
}

interface By {
  readonly user_id: string;
  readonly emoji: string;
}

/** Who reacted to a message, and how. */
export function ReactionsDialog({ item: { conversation_id, seq }, onClose }: ReactionsDialogProps) {
  const t = useWords();
  const client = useClient();
  const [all, setAll] = useState<readonly By[]>([]);
  const [next, setNext] = useState<string | null>("");
  const { run, isBusy, error } = useAction();
  function load(cursor: string): void {
    void run(async () => {
      const page = await client.api.msg.reactions({ conversation_id, seq, ...(cursor && { cursor }) });
      setAll((before) => [...before, ...page.items]);
      setNext(page.next === "" ? null : page.next);
    });
  }
  // Requested once for each message.
  useEffect(() => load(""), [conversation_id, seq]);
  return (
    <Dialog title={t.reactions} onClose={onClose} class="narrow">
      <ErrorText error={error} />
      {isBusy && all.length === 0 && <p class="empty">{t.loading}</p>}
      <ul class="people">
        {all.map(({ user_id, emoji }) => (
          <li key={`${user_id} ${emoji}`} class="reaction-by">
            <PersonLine userId={user_id} />
            <span class="reaction-emoji">{emoji}</span>
          </li>
        ))}
      </ul>
      {next && (
        <button type="button" class="link" disabled={isBusy} onClick={() => load(next)}>
          {t.showMore}
        </button>
      )}
    </Dialog>
  );
}
