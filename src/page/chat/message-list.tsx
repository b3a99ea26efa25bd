import { useEffect, useState } from "preact/hooks";
import type { Conversation, MessagesSnapshot } from "../../client/index.ts";
import { useClient, useUsers } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { dayOf } from "../i18n/time.ts";
import { useView } from "../store.ts";
import { useToday } from "../today.ts";
import { Icon } from "../ui/icons.tsx";
import { errorText, noticeText } from "../words.ts";
import { copyMessages } from "./copying.ts";
import { MessageRow } from "./message-row.tsx";
import { ReadByDialog } from "./read-by-dialog.tsx";
import { firstUnread, type Row, rowsOf } from "./rows.ts";
import { useOpening, useUnreadAtOpening } from "./use-opening.ts";
import { useReading } from "./use-reading.ts";
import { useScroll } from "./use-scroll.ts";
import { useShownMessages } from "./use-shown-messages.ts";

interface MessageListProps {
  readonly conversationId: string;
  readonly conversation: Conversation | undefined;
  /** The nicknames of members in this group, shown instead of their names. */
  readonly nicknames: ReadonlyMap<string, string>;
  /** The client_msg_id of the last message sent here. */
  readonly sent: string | null;
}

/** The messages, newest at the bottom; scrolling up loads older ones. Only those near the screen are rendered. */
export function MessageList({ conversationId, conversation, nicknames, sent }: MessageListProps) {
  const t = useWords();
  const client = useClient();
  const view = client.messages(conversationId);
  const shown = useView(view);
  const { messages, has_older, is_loading, error } = shown;
  const { is_ready } = useView(client.conversations);
  const [isStuck, setStuck] = useState(false);
  const [asked, ask] = useState<number | null>(null);
  const unread = useUnreadAtOpening(conversation, is_ready);
  const isOpen = useOpening(view, shown, unread, is_ready);
  const { items, isShowing } = useShownMessages(conversationId, shown, isOpen);
  const unreadFrom = firstUnread(items, client.userId, unread.after);

  function loadOlder(): void {
    view.loadOlder().then(
      () => setStuck(false),
      () => setStuck(true),
    );
  }
  const { scroller, content, span, above, below, onScroll, isAway, toEnd } = useScroll({
    items,
    unreadFrom,
    isOpen: isShowing,
    sent,
    nearTop: () => {
      if (has_older && !is_loading && !isStuck && messages.length > 0) loadOlder();
    },
    seen: useReading(conversationId),
  });
  useEffect(() => {
    view.keep(isAway);
    return () => view.keep(false);
  }, [view, isAway]);

  const isEmpty = items.length === 0;
  return (
    <div class="messages-frame">
      <section
        ref={scroller}
        class="messages"
        aria-label={t.messages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
        onCopy={(event) => copyMessages(t, event, content.current)}
      >
        <Top
          shown={shown}
          isEmpty={isEmpty}
          isComing={is_loading || (!isOpen && !error)}
          isStuck={isStuck}
          loadOlder={loadOlder}
        />
        <ol ref={content} style={{ paddingTop: above, paddingBottom: below }}>
          <Rows
            rows={rowsOf(items, span, unreadFrom)}
            conversation={conversation}
            nicknames={nicknames}
            unreadCount={unread.count}
            askWhoRead={ask}
          />
        </ol>
      </section>
      {isAway && <ToNewest unreadCount={conversation?.unread_count ?? 0} onClick={toEnd} />}
      {asked !== null && <ReadByDialog conversationId={conversationId} seq={asked} onClose={() => ask(null)} />}
    </div>
  );
}

interface TopProps {
  readonly shown: MessagesSnapshot;
  readonly isEmpty: boolean;
  readonly isComing: boolean;
  readonly isStuck: boolean;
  readonly loadOlder: () => void;
}

/** The content above the first message: whether there are more messages, and a way to load them. */
function Top({ shown: { has_older, is_loading, error }, isEmpty, isComing, isStuck, loadOlder }: TopProps) {
  const t = useWords();
  return (
    <div class="top" role="status">
      {isComing && isEmpty && <p>{t.loading}</p>}
      {has_older && !isEmpty && (
        <button type="button" class="link" aria-disabled={is_loading} onClick={loadOlder}>
          {is_loading ? t.olderLoading : isStuck ? t.retry : t.older}
        </button>
      )}
      {!is_loading && !has_older && !isEmpty && <p>{t.beginning}</p>}
      {!isComing && isEmpty && !error && <p>{t.firstMessage}</p>}
      {error && isEmpty && <p class="error">{errorText(t, error)}</p>}
    </div>
  );
}

/** The button that jumps to the end, with the number of new messages there. */
function ToNewest({ unreadCount, onClick }: { readonly unreadCount: number; readonly onClick: () => void }) {
  const t = useWords();
  const news = unreadCount > 0 ? t.newMessages(unreadCount) : "";
  return (
    <button
      type="button"
      class="to-newest"
      aria-label={news ? `${news}${t.comma}${t.newest}` : t.newest}
      title={t.newest}
      onClick={onClick}
    >
      {news && <span>{news}</span>}
      <Icon name="down" />
    </button>
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
  const users = useUsers(peopleIn(rows));
  const today = useToday();
  const nameOf = (id: string) => nicknames.get(id) ?? users.get(id)?.nickname ?? id;
  const isGroup = conversation?.conversation_type === 2;
  return rows.map(({ key, item, isNotice, startsDay, startsRun, endsRun, startsUnread }) => (
    <MessageRow
      key={key}
      item={item}
      day={startsDay ? dayOf(t, item.send_at, today) : ""}
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
