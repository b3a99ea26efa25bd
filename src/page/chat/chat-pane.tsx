import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Group, MessageItem } from "../../client/index.ts";
import { useClient, useConversations, useUsers } from "../context.ts";
import { DetailsDialog } from "../group/details-dialog.tsx";
import { nicknamesIn, useGroup } from "../group/use-group.ts";
import { useIsToCome } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { partiesOf } from "../ids.ts";
import { showCard } from "../people/card.ts";
import { usePresence, useTypers } from "../presence.ts";
import { closeChat } from "../route.ts";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { isolated, listOf, presenceText } from "../words.ts";
import { rightsIn, whyNot } from "./blocked.ts";
import { ChatActionsContext, type Composing } from "./chat-actions.ts";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message-list.tsx";
import { MessageMenu } from "./message-menu.tsx";
import { PinnedBar } from "./pinned-bar.tsx";
import { SearchDialog } from "./search-dialog.tsx";
import { useJumps } from "./use-jumps.ts";

/** One conversation: its header, its messages, and the composer. */
export function ChatPane({ conversationId }: { readonly conversationId: string }) {
  const t = useWords();
  const client = useClient();
  const { conversations } = useConversations();
  const conversation = conversations.find(({ conversation_id }) => conversation_id === conversationId);
  const { peerId, groupId } = partiesOf(conversationId, client.userId);
  const peer = useUsers([peerId]).get(peerId);
  const state = useGroup(conversationId, conversation);
  const { group, members } = state;
  const nicknames = useMemo(() => nicknamesIn(members), [members]);
  const [isShowingDetails, showDetails] = useState(false);
  const [isSearching, showSearch] = useState(false);
  const [sent, setSent] = useState<string | null>(null);
  const [composing, compose] = useState<Composing | null>(null);
  const [menuOf, openMenu] = useState<MessageItem | null>(null);
  const { view, place, visit, jump, toNewest } = useJumps(conversationId);
  const actions = useMemo(() => ({ compose, jump, openMenu }), [jump]);
  const heading = useRef<HTMLHeadingElement>(null);
  const blocked = whyNot(conversation, group);
  const mutedUntil = conversation?.muted_until ?? 0;
  const mayWrite = !useIsToCome(mutedUntil) && blocked === null;
  const { pin: mayPin, mentionAll: mayMentionAll } = rightsIn(conversation, group);
  const menuUser = useUsers(menuOf ? [menuOf.sender_id] : []);
  const nameOf = (id: string) => nicknames.get(id) ?? menuUser.get(id)?.nickname ?? id;
  const title = conversation?.title || peer?.nickname || group?.name || peerId || groupId;

  const openCard = () => (peerId === "" ? showDetails(true) : showCard(peerId));

  useEffect(() => {
    client.focus(conversationId);
    return () => client.focus(null);
  }, [client, conversationId]);
  // Opening a chat that was marked as unread is reading it.
  const isMarked = conversation?.is_unread ?? false;
  useEffect(() => {
    if (isMarked) void client.api.conversation.update(conversationId, { is_unread: false }).catch(() => undefined);
  }, [client, conversationId]);
  // When one pane replaces the other, the focus must not stay in the hidden one.
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), []);

  return (
    <main class="chat" aria-label={title}>
      <header class="pane-header">
        <IconButton icon="back" label={t.back} class="back" onClick={closeChat} />
        {/* For mouse and touch only; the details button, which the Tab key reaches, does the same. */}
        <button
          type="button"
          class="me"
          tabIndex={-1}
          aria-label={t.openProfile(isolated(title))}
          title={t.openProfile(isolated(title))}
          onClick={openCard}
        >
          <Avatar
            id={peerId || conversationId}
            name={title}
            url={conversation?.avatar || peer?.avatar || ""}
            size="small"
          />
        </button>
        {/* biome-ignore lint/a11y: as above */}
        <div class="chat-title" onClick={openCard}>
          <h1 ref={heading} tabIndex={-1} dir="auto">
            {title}
          </h1>
          <Subtitle conversationId={conversationId} peerId={peerId} group={group} nicknames={nicknames} />
        </div>
        <IconButton icon="search" label={t.safety.search} onClick={() => showSearch(true)} />
        <IconButton icon="info" label={t.details} onClick={() => showDetails(true)} />
      </header>
      <ChatActionsContext.Provider value={actions}>
        <PinnedBar conversationId={conversationId} nicknames={nicknames} mayPin={mayWrite && mayPin} />
        <MessageList
          key={visit}
          conversationId={conversationId}
          conversation={conversation}
          nicknames={nicknames}
          sent={sent}
          view={view}
          place={place}
          toNewest={toNewest}
        />
        {menuOf && (
          <MessageMenu
            item={menuOf}
            name={menuOf.sender_id === client.userId ? t.you : nameOf(menuOf.sender_id)}
            conversation={conversation}
            mayWrite={mayWrite}
            mayPin={mayPin}
            actions={actions}
            onClose={() => openMenu(null)}
          />
        )}
      </ChatActionsContext.Provider>
      <Composer
        key={conversationId}
        conversationId={conversationId}
        blocked={blocked}
        mutedUntil={mutedUntil}
        members={members}
        mayMentionAll={mayMentionAll}
        composing={composing}
        compose={compose}
        onSent={(id) => {
          // What was sent is at the end.
          if (place !== "unread") toNewest();
          setSent(id);
        }}
      />
      {isSearching && <SearchDialog conversationId={conversationId} onClose={() => showSearch(false)} />}
      {isShowingDetails && (
        <DetailsDialog
          conversationId={conversationId}
          conversation={conversation}
          title={title}
          state={state}
          onClose={() => showDetails(false)}
        />
      )}
    </main>
  );
}

interface SubtitleProps {
  readonly conversationId: string;
  readonly peerId: string;
  readonly group: Group | null;
  readonly nicknames: ReadonlyMap<string, string>;
}

function Subtitle({ conversationId, peerId, group, nicknames }: SubtitleProps) {
  const t = useWords();
  const presence = usePresence(peerId);
  const isOnline = presence?.status === 1;
  const typers = useTypers(conversationId);
  const users = useUsers(typers);
  const names = listOf(
    t,
    typers.map((id) => isolated(nicknames.get(id) ?? users.get(id)?.nickname ?? id)),
  );
  // Without a connection, the presence is unknown.
  const standing = presence ? presenceText(t, presence) : group ? t.members(group.member_count) : "";
  return (
    <p class="subtitle" role="status" dir="auto">
      {typers.length > 0 ? (
        <span class="is-typing">{t.typing(names, typers.length)}</span>
      ) : (
        <span class={isOnline ? "is-online" : ""}>{standing}</span>
      )}
    </p>
  );
}
