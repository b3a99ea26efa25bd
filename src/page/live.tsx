import { useEffect, useRef, useState } from "preact/hooks";
import { type Conversation, isCountable, type Message, RecvMsgOpt } from "../client/index.ts";
import { ring } from "./bell.ts";
import { useClient, useSynced, useUsers } from "./context.ts";
import { useWords } from "./i18n/index.ts";
import { previewText } from "./words.ts";

/**
 * Announces new messages of others to screen readers: those of the open chat and of all chats that are not muted. A
 * list that is itself a live region would also read out the history added at its top.
 */
export function Announcer({ open }: { readonly open: string | null }) {
  const t = useWords();
  const client = useClient();
  const isSynced = useSynced();
  const [said, setSaid] = useState<Message | null>(null);
  const users = useUsers(said ? [said.sender_id] : []);
  function announce({ title, conversation_id, conversation_type }: Conversation, message: Message): void {
    const named = (id: string) => client.users([id]).getSnapshot().get(id)?.nickname || id;
    const text = previewText(t, message, client.userId, named);
    const line = conversation_type === 2 ? t.said(named(message.sender_id), text) : text;
    // If the browser does not allow it, the title still shows it.
    ring(title, line, t.newMessages(1), conversation_id).catch(() => undefined);
  }
  const latest = useRef(announce);
  latest.current = announce;
  useEffect(() => {
    // What arrived since the last visit is not announced.
    if (!isSynced) return;
    let seen: Map<string, number> | null = null;
    const look = () => {
      const { conversations } = client.conversations.getSnapshot();
      const before = seen;
      seen = new Map(conversations.map(({ conversation_id, max_seq }) => [conversation_id, max_seq]));
      if (!before) return;
      const news = conversations.find(
        ({ conversation_id, last_message, ...settings }) =>
          (alerts(settings, client.now()) || conversation_id === open) &&
          last_message !== null &&
          last_message.seq > (before.get(conversation_id) ?? 0) &&
          last_message.sender_id !== client.userId &&
          isCountable(last_message.msg_type),
      );
      if (!news?.last_message) return;
      setSaid(news.last_message);
      if (alerts(news, client.now())) latest.current(news, news.last_message);
    };
    look();
    return client.conversations.subscribe(look);
  }, [client, open, isSynced]);
  const nameOf = (id: string) => users.get(id)?.nickname ?? id;
  return (
    <p class="visually-hidden" role="status">
      {said && (
        // A text that repeats must be announced again.
        <span key={`${said.conversation_id} ${said.seq}`}>
          {t.said(nameOf(said.sender_id), previewText(t, said, client.userId, nameOf))}
        </span>
      )}
    </p>
  );
}

/** Whether messages of a conversation make a sound and a notification. */
function alerts(
  { recv_msg_opt, is_archived, snooze_until }: Pick<Conversation, "recv_msg_opt" | "is_archived" | "snooze_until">,
  now: number,
): boolean {
  return recv_msg_opt === RecvMsgOpt.NORMAL && !is_archived && snooze_until <= now;
}
