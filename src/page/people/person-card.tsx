import type { Conversation } from "../../client/index.ts";
import { useChatSettings } from "../chat-settings.ts";
import { useClient, useConversations, useUsers } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { usePresence } from "../presence.ts";
import { openChat } from "../route.ts";
import { PersonActions } from "../safety/person-actions.tsx";
import { Portrait } from "../ui/avatar.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { Switch } from "../ui/switch.tsx";
import { presenceText } from "../words.ts";

interface PersonCardProps {
  readonly userId: string;
  readonly onClose: () => void;
}

/** The profile of a user, and the actions available from anywhere. */
export function PersonCard({ userId, onClose }: PersonCardProps) {
  const t = useWords();
  const client = useClient();
  const user = useUsers([userId]).get(userId);
  const presence = usePresence(userId);
  const { conversations } = useConversations();
  const isMe = userId === client.userId;
  const chat = isMe ? "" : client.chatWith(userId);
  const conversation = conversations.find(({ conversation_id }) => conversation_id === chat);
  return (
    <Dialog title={t.profile} onClose={onClose} class="narrow">
      <div class="profile">
        <Portrait id={userId} name={user?.nickname ?? userId} url={user?.avatar ?? ""} size="large" />
        <strong dir="auto">{user?.nickname ?? userId}</strong>
        <span class="muted-text">{userId}</span>
        {presence && <span class="muted-text">{presenceText(t, presence)}</span>}
        {isMe && <span class="muted-text">{t.findYourself}</span>}
      </div>
      {conversation && <MuteSwitch conversation={conversation} />}
      <div class="buttons stacked">
        {!isMe && (
          <button
            type="button"
            class="button primary"
            onClick={() => {
              onClose();
              openChat(chat);
            }}
          >
            {t.message}
          </button>
        )}
        <CopyButton label={t.copyId} text={userId} />
      </div>
      {!isMe && <PersonActions userId={userId} name={user?.nickname ?? userId} />}
    </Dialog>
  );
}

function MuteSwitch({ conversation }: { readonly conversation: Conversation }) {
  const t = useWords();
  const { isMuted, update, error } = useChatSettings(conversation);
  return (
    <>
      <Switch
        label={t.muteChat}
        checked={isMuted}
        onChange={(chosen) => void update({ recv_msg_opt: chosen ? 1 : 0 })}
      />
      <ErrorText error={error} />
    </>
  );
}
