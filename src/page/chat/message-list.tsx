import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Conversation, MessagesSnapshot, MessagesView } from "../../client/index.ts";
import { useClient, useSynced } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { useView } from "../store.ts";
import { Icon } from "../ui/icons.tsx";
import { errorText } from "../words.ts";
import { useChatActions } from "./chat-actions.ts";
import { copyMessages } from "./copying.ts";
import { MessageRows } from "./message-rows.tsx";
import { ReadByDialog } from "./read-by-dialog.tsx";
import { firstUnread, rowsOf } from "./rows.ts";
import { useOpening, useUnreadAtOpening } from "./use-opening.ts";
import { useReading } from "./use-reading.ts";
import { useScroll } from "./use-scroll.ts";

/** Where a list opens: at the first unread message, at the end, or at a message that was jumped to. */
export type Place = "unread" | "end" | { readonly seq: number };

interface MessageListProps {
  readonly conversationId: string;
  readonly conversation: Conversation | undefined;
  /** The nicknames of members in this group, shown instead of their names. */
  readonly nicknames: ReadonlyMap<string, string>;
  /** The client_msg_id of the last message sent here. */
  readonly sent: string | null;
  readonly view: MessagesView;
  readonly place: Place;
  /** Leaves the place of a jump, for the newest messages. */
  readonly toNewest: () => void;
}

/** The messages, newest at the bottom; scrolling up loads older ones. Only those near the screen are rendered. */
export function MessageList(props: MessageListProps) {
  const { conversationId, conversation, nicknames, sent, view, place, toNewest } = props;
  const t = useWords();
  const client = useClient();
  const shown = useView(view);
  const { messages: items, has_older, has_newer, is_loading, error } = shown;
  const isSynced = useSynced();
  const isOffline = useView(client.connection).status === "offline";
  const [isStuck, setStuck] = useState(false);
  const [asked, ask] = useState<number | null>(null);
  const unread = useUnreadAtOpening(place === "unread" ? conversation : undefined, isSynced);
  const isOpen = useOpening(view, shown, unread, isSynced);
  // Without a network, the messages of the last visit are all there is.
  const isShowing = isOpen || (isOffline && items.length > 0);
  const unreadFrom = firstUnread(items, client.userId, unread.after);
  const target = typeof place === "object" ? place.seq : 0;

  function load(pages: () => Promise<void>): void {
    pages().then(
      () => setStuck(false),
      () => setStuck(true),
    );
  }
  const mayLoad = !is_loading && !isStuck && items.length > 0;
  const { scroller, content, span, above, below, onScroll, isAway, toEnd } = useScroll({
    items,
    openAt: target > 0 ? items.findIndex(({ seq }) => seq >= target) : unreadFrom,
    isOpen: isShowing,
    isFollowing: !has_newer,
    sent,
    nearTop: () => {
      if (has_older && mayLoad) load(view.loadOlder);
    },
    nearEnd: () => {
      if (has_newer && mayLoad) load(view.loadNewer);
    },
    seen: useReading(conversationId),
  });
  useEffect(() => {
    view.keep(isAway);
    return () => view.keep(false);
  }, [view, isAway]);
  useFocusOn(content, isShowing ? target : 0);

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
          loadOlder={() => load(view.loadOlder)}
        />
        <ol
          ref={content}
          style={{ paddingTop: `${above}px`, paddingBottom: `${below}px` }}
          onKeyDown={moveBetweenMenus}
        >
          <MessageRows
            rows={rowsOf(items, span, unreadFrom)}
            conversation={conversation}
            nicknames={nicknames}
            unreadCount={unread.count}
            target={target}
            askWhoRead={ask}
          />
        </ol>
      </section>
      <div class="jumps">
        <ToMention conversation={conversation} />
        {(isAway || has_newer) && (
          <ToNewest unreadCount={conversation?.unread_count ?? 0} onClick={has_newer ? toNewest : toEnd} />
        )}
      </div>
      {asked !== null && <ReadByDialog conversationId={conversationId} seq={asked} onClose={() => ask(null)} />}
    </div>
  );
}

/** Focuses the message that was jumped to: screen readers read it, and the menu key acts on it. */
function useFocusOn(list: RefObject<HTMLElement | null>, seq: number): void {
  useEffect(() => {
    if (seq === 0) return;
    list.current?.querySelector<HTMLElement>(`.message[data-seq="${seq}"]`)?.focus({ preventScroll: true });
  }, [list, seq]);
}

/** The button that jumps to the first unread mention of the user. */
function ToMention({ conversation }: Pick<MessageListProps, "conversation">) {
  const t = useWords();
  const { jump } = useChatActions();
  const { mention_count = 0, mention_seq = 0 } = conversation ?? {};
  if (mention_count === 0 || mention_seq === 0) return null;
  const label = t.jumpToMention(mention_count);
  return (
    <button type="button" class="to-newest" aria-label={label} title={label} onClick={() => jump(mention_seq)}>
      <span>{mention_count}</span>
      <Icon name="at" />
    </button>
  );
}

/** Up and down move the focus from the menu button of one message to the next. */
function moveBetweenMenus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step === undefined || !(event.target instanceof Element) || !event.target.matches(".message-menu")) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>(".message-menu")];
  const next = buttons[buttons.findIndex((each) => each.contains(document.activeElement)) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
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
