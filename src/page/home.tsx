import { useEffect } from "preact/hooks";
import { MemberStatus } from "../client/index.ts";
import { showBadge } from "./badge.ts";
import { ChatPane } from "./chat/chat-pane.tsx";
import { ConnectionState } from "./connection-state.tsx";
import { useClient, useConversations, useSynced } from "./context.ts";
import { useDraftSync } from "./drafts-sync.ts";
import { GroupInvitation } from "./group/group-invitation.tsx";
import { useWords } from "./i18n/index.ts";
import { partiesOf } from "./ids.ts";
import { ListPane } from "./list/list-pane.tsx";
import { Announcer } from "./live.tsx";
import { showCard, useShownCard } from "./people/card.ts";
import { PersonCard } from "./people/person-card.tsx";
import { usePush } from "./push.ts";
import { useRoute } from "./route.ts";
import { Shortcuts } from "./shortcuts.tsx";
import { Icon } from "./ui/icons.tsx";
import { Toast } from "./ui/toast.tsx";

/** The list and the chat: two panes side by side, or one at a time on a phone. */
export function Home() {
  const t = useWords();
  const client = useClient();
  const route = useRoute();
  usePush();
  useDraftSync();
  // The address may belong to a user who was signed in here before.
  const { peerId, groupId } = partiesOf(route ?? "", client.userId);
  const open = peerId !== "" || groupId !== "" ? route : null;
  const { unread_count, conversations } = useConversations();
  const isSynced = useSynced();
  const listed = conversations.find(({ conversation_id }) => conversation_id === open);
  const isInvited = listed?.my_status === MemberStatus.INVITED;
  const isOutside = groupId !== "" && (isInvited || (isSynced && !listed));
  // After signing out, nothing is unread.
  useEffect(() => () => showBadge(0), []);
  const card = useShownCard();
  useEffect(() => () => showCard(null), []);
  useEffect(() => {
    document.title = unread_count > 0 ? `(${unread_count}) ${t.appName}` : t.appName;
    showBadge(unread_count);
  }, [unread_count, t]);
  return (
    <div class={open ? "home has-chat" : "home"}>
      {open && (
        <button
          type="button"
          class="skip"
          onClick={() => {
            // Where the user may not write, there are only messages to read.
            const places = [".composer textarea", ".messages"].map((each) => document.querySelector<HTMLElement>(each));
            places.find((each) => each !== null)?.focus();
          }}
        >
          {t.skipToComposer}
        </button>
      )}
      <ConnectionState />
      <ListPane open={open} />
      {open && isOutside ? (
        <GroupInvitation key={open} groupId={groupId} isInvited={isInvited} />
      ) : open ? (
        <ChatPane key={open} conversationId={open} />
      ) : (
        <main class="chat nothing-open">
          <div class="empty">
            <Icon name="chat" />
            <h2>{t.chooseChat}</h2>
            <p>{t.chooseChatHint}</p>
          </div>
        </main>
      )}
      {card && <PersonCard key={card} userId={card} onClose={() => showCard(null)} />}
      <Toast />
      <Shortcuts open={open} />
      <Announcer open={open} />
    </div>
  );
}
