import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../client/index.ts";
import { useClient, useUsers } from "../context.ts";
import { usePageVisible } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { dayOf } from "../i18n/time.ts";
import { useView } from "../store.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { errorText, noticeText } from "../words.ts";
import { MessageRow } from "./message-row.tsx";
import { ReadByDialog } from "./read-by-dialog.tsx";
import { type Row, rowsOf } from "./rows.ts";
import { useScroll } from "./use-scroll.ts";

interface MessageListProps {
  readonly conversationId: string;
  readonly conversation: Conversation | undefined;
  /** What members are called here, in place of their names. */
  readonly nicknames: ReadonlyMap<string, string>;
}

/** The messages, newest at the bottom; older ones come in on top as one scrolls towards them. */
export function MessageList({ conversationId, conversation, nicknames }: MessageListProps) {
  const t = useWords();
  const client = useClient();
  const view = client.messages(conversationId);
  const { messages, has_older, is_loading, error } = useView(view);
  const [isStuck, setStuck] = useState(false);
  const [asked, ask] = useState<number | null>(null);
  const unread = useUnreadAtOpening(conversation);
  const rows = useMemo(() => rowsOf(messages, client.userId, unread.after), [messages, client, unread.after]);

  function loadOlder(): void {
    view.loadOlder().then(
      () => setStuck(false),
      () => setStuck(true),
    );
  }
  const { scroller, content, onScroll, isAway, toEnd } = useScroll(
    { first: rows[0]?.key, last: rows.at(-1)?.key, isLastOwn: messages.at(-1)?.sender_id === client.userId },
    () => {
      if (has_older && !is_loading && !isStuck && messages.length > 0) loadOlder();
    },
  );
  useReading(conversationId, conversation, messages.findLast(({ seq }) => seq > 0)?.seq ?? 0, isAway);

  const isEmpty = messages.length === 0;
  return (
    <div class="messages-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section ref={scroller} class="messages" aria-label={t.messages} tabIndex={0} onScroll={onScroll}>
        <div class="top" role="status">
          {is_loading && isEmpty && <p>{t.loading}</p>}
          {has_older && !isEmpty && (
            <button type="button" class="link" aria-disabled={is_loading} onClick={loadOlder}>
              {is_loading ? t.olderLoading : isStuck ? t.retry : t.older}
            </button>
          )}
          {!is_loading && !has_older && !isEmpty && <p>{t.beginning}</p>}
          {!is_loading && isEmpty && !error && <p>{t.firstMessage}</p>}
          {error && isEmpty && <p class="error">{errorText(t, error)}</p>}
        </div>
        <ol ref={content}>
          <Rows
            rows={rows}
            conversation={conversation}
            nicknames={nicknames}
            unreadCount={unread.count}
            askWhoRead={ask}
          />
        </ol>
      </section>
      {isAway && <IconButton icon="down" label={t.newest} class="to-newest" onClick={toEnd} />}
      {asked !== null && <ReadByDialog conversationId={conversationId} seq={asked} onClose={() => ask(null)} />}
    </div>
  );
}

interface RowsProps {
  readonly rows: readonly Row[];
  readonly conversation: Conversation | undefined;
  readonly nicknames: ReadonlyMap<string, string>;
  readonly unreadCount: number;
  readonly askWhoRead: (seq: number) => void;
}

function Rows({ rows, conversation, nicknames, unreadCount, askWhoRead }: RowsProps) {
  const t = useWords();
  const client = useClient();
  const users = useUsers(useMemo(() => peopleIn(rows), [rows]));
  const nameOf = (id: string) => nicknames.get(id) ?? users.get(id)?.nickname ?? id;
  const isGroup = conversation?.conversation_type === 2;
  return rows.map(({ key, item, isNotice, startsDay, startsRun, endsRun, startsUnread }) => (
    <MessageRow
      key={key}
      item={item}
      day={startsDay ? dayOf(t, item.send_at) : ""}
      divider={startsUnread ? t.newMessages(unreadCount) : ""}
      notice={isNotice ? noticeText(t, item, client.userId, nameOf) : ""}
      name={nameOf(item.sender_id)}
      avatar={users.get(item.sender_id)?.avatar ?? ""}
      isOwn={item.sender_id === client.userId}
      isGroup={isGroup}
      startsRun={startsRun}
      endsRun={endsRun}
      isRead={!isGroup && item.seq > 0 && item.seq <= (conversation?.peer_read_seq ?? 0)}
      askWhoRead={askWhoRead}
    />
  ));
}

function peopleIn(rows: readonly Row[]): string[] {
  const ids = new Set<string>();
  for (const { item, isNotice } of rows) {
    ids.add(item.sender_id);
    if (isNotice && Array.isArray(item.content.user_ids)) for (const id of item.content.user_ids) ids.add(String(id));
  }
  return [...ids];
}

/** Where the unread began when the chat was opened: the line that says so stays there while one reads. */
function useUnreadAtOpening(conversation: Conversation | undefined): { after: number | null; count: number } {
  const kept = useRef<{ after: number | null; count: number } | null>(null);
  if (!kept.current && conversation) {
    const { unread_count: count, read_seq } = conversation;
    kept.current = { after: count > 0 ? read_seq : null, count };
  }
  return kept.current ?? { after: null, count: 0 };
}

/** Marks as read what is on the screen of somebody who looks. */
function useReading(id: string, conversation: Conversation | undefined, newest: number, isAway: boolean): void {
  const client = useClient();
  const isVisible = usePageVisible();
  const readSeq = conversation?.read_seq ?? 0;
  useEffect(() => {
    if (isVisible && !isAway && newest > readSeq) client.markRead(id, newest);
  }, [client, id, isVisible, isAway, newest, readSeq]);
}
