import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AccountDialog } from "../account/account-dialog.tsx";
import { SearchDialog } from "../chat/search-dialog.tsx";
import { useClient, useConversations, useUsers } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { ConversationRows } from "./conversation-rows.tsx";
import { FindDialog } from "./find-dialog.tsx";
import { NewGroupDialog } from "./new-group-dialog.tsx";

type Shown = "account" | "find" | "group" | "search" | null;

/** The signed-in user, and all conversations. */
export function ListPane({ open }: { readonly open: string | null }) {
  const t = useWords();
  const client = useClient();
  const me = useUsers([client.userId]).get(client.userId);
  const [shown, show] = useState<Shown>(null);
  const hide = () => show(null);
  const list = useRef<HTMLElement>(null);
  const before = useRef(open);
  // When one pane replaces the other, the focus must not stay in the removed one.
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(before.current ?? "")}"]`);
    if (open === null) row?.focus();
    before.current = open;
  }, [open]);
  return (
    <nav ref={list} class="list-pane" aria-label={t.chats}>
      <header class="pane-header">
        <button type="button" class="me" aria-label={t.account} title={t.account} onClick={() => show("account")}>
          <Avatar id={client.userId} name={me?.nickname ?? ""} url={me?.avatar ?? ""} size="small" />
        </button>
        <h1>{t.chats}</h1>
        <IconButton icon="search" label={t.safety.searchAll} onClick={() => show("search")} />
        <IconButton icon="personAdd" label={t.newChat} onClick={() => show("find")} />
        <IconButton icon="group" label={t.newGroup} onClick={() => show("group")} />
      </header>
      <Conversations open={open} />
      {shown === "account" && <AccountDialog onClose={hide} />}
      {shown === "search" && <SearchDialog conversationId={null} onClose={hide} />}
      {shown === "find" && <FindDialog onClose={hide} />}
      {shown === "group" && <NewGroupDialog onClose={hide} />}
    </nav>
  );
}

function Conversations({ open }: { readonly open: string | null }) {
  const t = useWords();
  const { conversations: all, is_ready } = useConversations();
  const [filter, setFilter] = useState("");
  const [isUnreadOnly, showUnreadOnly] = useState(false);
  const [isArchive, showArchive] = useState(false);
  const archived = all.filter(({ is_archived }) => is_archived).length;
  // The last archived chat was taken out.
  const isShowingArchive = isArchive && archived > 0;
  const conversations = useMemo(
    () => all.filter(({ is_archived = false }) => is_archived === isShowingArchive),
    [all, isShowingArchive],
  );
  const unread = conversations.filter(({ unread_count }) => unread_count > 0).length;
  const found = useMemo(() => {
    const wanted = filter.trim().toLocaleLowerCase();
    if (wanted === "" && !isUnreadOnly) return conversations;
    return conversations.filter(
      ({ title, peer_user_id, unread_count, conversation_id }) =>
        `${title} ${peer_user_id}`.toLocaleLowerCase().includes(wanted) &&
        // The chat being read stays in the list while it is open.
        (!isUnreadOnly || unread_count > 0 || conversation_id === open),
    );
  }, [conversations, filter, isUnreadOnly, open]);
  if (all.length === 0) {
    return (
      <div class="empty" role="status">
        {is_ready ? (
          <>
            <h2>{t.noChats}</h2>
            <p>{t.noChatsHint}</p>
          </>
        ) : (
          <p>{t.loading}</p>
        )}
      </div>
    );
  }
  return (
    <>
      <div class="filter">
        <input
          type="search"
          aria-label={t.filter}
          placeholder={t.filter}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        {(unread > 0 || isUnreadOnly) && (
          <button type="button" class="chip" aria-pressed={isUnreadOnly} onClick={() => showUnreadOnly(!isUnreadOnly)}>
            {t.unreadChats(unread)}
          </button>
        )}
        {archived > 0 && (
          <button
            type="button"
            class="chip"
            aria-pressed={isShowingArchive}
            onClick={() => showArchive(!isShowingArchive)}
          >
            {t.list.archived(archived)}
          </button>
        )}
      </div>
      <ConversationRows conversations={found} open={open} />
      {found.length === 0 && <p class="empty">{t.noMatch}</p>}
    </>
  );
}
