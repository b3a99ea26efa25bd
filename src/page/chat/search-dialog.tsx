import { useState } from "preact/hooks";
import type { Message } from "../../client/index.ts";
import { useClient, useConversations, useUsers } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { timeOf } from "../i18n/time.ts";
import { linkTo } from "../route.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";
import { previewText } from "../words.ts";

/** How far one search goes by itself before it asks whether to go on: each page looks at 10,000 messages. */
const PAGES = 5;

interface SearchDialogProps {
  /** null searches all chats. */
  readonly conversationId: string | null;
  readonly onClose: () => void;
}

/** Searches the messages of a chat, or of all. A message that was found leads to its place. */
export function SearchDialog({ conversationId, onClose }: SearchDialogProps) {
  const t = useWords();
  const client = useClient();
  const [q, setQ] = useState("");
  const [found, setFound] = useState<readonly Message[] | null>(null);
  const [next, setNext] = useState("");
  const { run, isBusy, error } = useAction();
  const { conversations } = useConversations();
  const titles = new Map(conversations.map(({ conversation_id, title }) => [conversation_id, title]));
  const users = useUsers([...new Set(found?.map(({ sender_id }) => sender_id))]);
  const nameOf = (id: string) => (id === client.userId ? t.you : (users.get(id)?.nickname ?? id));

  async function search(known: readonly Message[], from: string): Promise<void> {
    let cursor = from;
    let messages = known;
    for (let page = 0; page < PAGES; page++) {
      const given = { q, ...(cursor && { cursor }) };
      const answer = conversationId
        ? await client.api.msg.search({ conversation_id: conversationId, ...given })
        : await all(client.api.msg.searchAll(given));
      messages = [...messages, ...answer.messages];
      cursor = answer.next;
      if (cursor === "" || messages.length > known.length) break;
    }
    setFound(messages);
    setNext(cursor);
  }
  function submit(event: Event): void {
    event.preventDefault();
    setFound(null);
    setNext("");
    void run(() => search([], ""));
  }
  return (
    <Dialog title={conversationId ? t.safety.search : t.safety.searchAll} onClose={onClose} class="narrow">
      <form class="inline-form" onSubmit={submit}>
        <Field label={t.safety.searchWords} value={q} onInput={setQ} required autoFocus maxLength={200} />
        <button type="submit" class="button primary" disabled={isBusy || q.trim() === ""}>
          {t.find}
        </button>
      </form>
      <ErrorText error={error} />
      <div role="status">{found?.length === 0 && <p class="empty">{t.safety.nothingFound}</p>}</div>
      <ol class="people">
        {found?.map((message) => (
          <li key={message.conversation_id + message.seq}>
            <a class="person" href={linkTo(message.conversation_id, message.seq)} onClick={onClose}>
              <span class="muted-text" dir="auto">
                {conversationId ? "" : `${titles.get(message.conversation_id) ?? ""} · `}
                {nameOf(message.sender_id)} · {new Date(message.send_at).toLocaleDateString(t.code)}{" "}
                {timeOf(t, message.send_at)}
              </span>
              <span dir="auto">{previewText(t, message, client.userId, nameOf)}</span>
            </a>
          </li>
        ))}
      </ol>
      {next !== "" && (
        <button
          type="button"
          class="button wide"
          disabled={isBusy}
          onClick={() => void run(() => search(found ?? [], next))}
        >
          {t.safety.searchOn}
        </button>
      )}
    </Dialog>
  );
}

async function all(page: Promise<{ items: { messages: Message[] }[]; next: string }>) {
  const { items, next } = await page;
  return { messages: items.flatMap(({ messages }) => messages), next };
}
