import { useRef } from "preact/hooks";
import {
  type Conversation,
  MemberStatus,
  type Message,
  MessageType,
  NoticeType,
  RecvMsgOpt,
} from "../../client/index.ts";
import { useClient, useUsers } from "../context.ts";
import { useDraft } from "../drafts.ts";
import { useInView } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { shortTime } from "../i18n/time.ts";
import { memo } from "../memo.tsx";
import { useIsOnline, useTypers } from "../presence.ts";
import { linkTo } from "../route.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { isolated, PREVIEW, previewText } from "../words.ts";

interface RowProps {
  readonly conversation: Conversation;
  readonly isOpen: boolean;
  /** The first moment of today. */
  readonly today: number;
  /** Its position among all conversations, most of which are not rendered. */
  readonly index: number;
  readonly count: number;
  /** Its distance from the top of the list. */
  readonly top: number;
  readonly isTabStop: boolean;
  readonly onFocus: (conversationId: string) => void;
  readonly onMenu: (conversationId: string) => void;
}

/** One row of the list; it is a link, so that it opens as links do. */
export const ConversationRow = memo(function ConversationRow(props: RowProps) {
  const t = useWords();
  const { conversation, isOpen, today, index, count, top, isTabStop, onFocus, onMenu } = props;
  const { conversation_id, title, avatar, is_pinned, recv_msg_opt, peer_user_id } = conversation;
  const row = useRef<HTMLLIElement>(null);
  // A long list has too many users to watch all of them.
  const isOnline = useIsOnline(useInView(row) ? peer_user_id : "");
  const isQuiet = recv_msg_opt !== RecvMsgOpt.NORMAL;
  return (
    <li ref={row} style={{ top: `${top}px` }} data-index={index} aria-posinset={index + 1} aria-setsize={count}>
      <a
        class="conversation"
        href={linkTo(conversation_id)}
        aria-current={isOpen ? "page" : undefined}
        data-id={conversation_id}
        tabIndex={isTabStop ? 0 : -1}
        onFocus={() => onFocus(conversation_id)}
        // Opened by the right button, a long press, or the context menu key.
        onContextMenu={(event) => {
          event.preventDefault();
          onMenu(conversation_id);
        }}
      >
        <Avatar id={peer_user_id || conversation_id} name={title} url={avatar} isOnline={isOnline} />
        <span class="conversation-title" dir="auto">
          {title}
        </span>
        <time dateTime={new Date(conversation.updated_at).toISOString()}>
          {shortTime(t, conversation.updated_at, today)}
        </time>
        <Preview conversation={conversation} isOpen={isOpen} />
        <span class="marks">
          {isOnline && <span class="visually-hidden">{t.online}</span>}
          {isQuiet && (
            <span title={recv_msg_opt === RecvMsgOpt.REFUSE ? t.refused : t.silenced}>
              <Icon name={recv_msg_opt === RecvMsgOpt.REFUSE ? "block" : "silent"} />
              <span class="visually-hidden">{recv_msg_opt === RecvMsgOpt.REFUSE ? t.refused : t.silenced}</span>
            </span>
          )}
          {is_pinned && (
            <span title={t.pinned}>
              <Icon name="pin" />
              <span class="visually-hidden">{t.pinned}</span>
            </span>
          )}
          <Badges conversation={conversation} isQuiet={isQuiet} />
        </span>
      </a>
      <button
        type="button"
        class="icon-button row-menu"
        tabIndex={isTabStop ? 0 : -1}
        aria-label={t.chatActions(isolated(title))}
        title={t.chatActions(isolated(title))}
        onClick={() => onMenu(conversation_id)}
      >
        <Icon name="more" />
      </button>
    </li>
  );
});

/** What is unread: a mark, mentions of the user, and the number of messages. */
function Badges({ conversation, isQuiet }: Pick<RowProps, "conversation"> & { readonly isQuiet: boolean }) {
  const t = useWords();
  const { unread_count, mention_count, is_unread, application_count } = conversation;
  return (
    <>
      {is_unread && unread_count === 0 && (
        <span class="badge" title={t.list.markedUnread}>
          <span class="visually-hidden">{t.list.markedUnread}</span>
        </span>
      )}
      {application_count > 0 && (
        <span class="badge mention-badge" title={t.groups.waitingCount(application_count)}>
          <span aria-hidden="true">+{application_count}</span>
          <span class="visually-hidden">{t.groups.waitingCount(application_count)}</span>
        </span>
      )}
      {mention_count > 0 && (
        <span class="badge mention-badge">
          <span aria-hidden="true">@</span>
          <span class="visually-hidden">{t.mentionedCount(mention_count)}</span>
        </span>
      )}
      {unread_count > 0 && (
        <span class={isQuiet ? "badge quiet" : "badge"}>
          <span aria-hidden="true">{unread_count > 99 ? "99+" : unread_count}</span>
          <span class="visually-hidden">{t.unread(unread_count)}</span>
        </span>
      )}
    </>
  );
}

function Preview({ conversation, isOpen }: Pick<RowProps, "conversation" | "isOpen">) {
  const t = useWords();
  const client = useClient();
  const message = conversation.last_message;
  const users = useUsers(message ? namedIn(message) : []);
  const draft = useDraft(client.userId, conversation.conversation_id);
  const typers = useTypers(conversation.conversation_id);
  if (typers.length > 0) return <span class="preview typing-preview">{t.typingShort}</span>;
  if (draft !== "" && !isOpen) {
    return (
      <span class="preview" dir="auto">
        {/* In its own colour, to show that it has not been sent. */}
        <span class="draft">{t.said(t.draft, "")}</span>
        {draft.slice(0, PREVIEW)}
      </span>
    );
  }
  if (conversation.my_status === MemberStatus.INVITED) return <span class="preview">{t.safety.invitation}</span>;
  if (!message) return <span class="preview">{t.noMessages}</span>;
  const nameOf = (id: string) => users.get(id)?.nickname ?? id;
  const text = previewText(t, message, client.userId, nameOf);
  const isNotice = message.msg_type >= NoticeType.JOINED && message.msg_type !== MessageType.CUSTOM;
  const isOwn = message.sender_id === client.userId;
  const isNamed = !isNotice && (isOwn || conversation.conversation_type === 2);
  return (
    <span class="preview" dir="auto">
      {isNamed ? t.said(isOwn ? t.you : isolated(nameOf(message.sender_id)), text) : text}
    </span>
  );
}

function namedIn({ sender_id, content, amended }: Message): string[] {
  const ids = Array.isArray(content.user_ids) ? content.user_ids.filter((id) => typeof id === "string") : [];
  return [sender_id, amended?.recalled_by ?? "", ...ids];
}
