import { useState } from "preact/hooks";
import { type Conversation, MemberStatus } from "../../client/index.ts";
import { useChatSettings } from "../chat-settings.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";

/** For how long the menu snoozes a chat: eight hours. */
const SNOOZE = 8 * 3_600_000;

interface ChatMenuProps {
  readonly conversation: Conversation;
  readonly onClose: () => void;
}

/** The actions on a chat that do not require opening it. */
export function ChatMenu({ conversation, onClose }: ChatMenuProps) {
  const t = useWords();
  const client = useClient();
  const { is_pinned, isMuted, update, error } = useChatSettings(conversation);
  const leaving = useAction();
  const [isAsking, ask] = useState(false);
  const [removal, askRemoval] = useState<"clear" | "delete" | null>(null);
  const { is_unread, is_archived, snooze_until } = conversation;
  const isSnoozed = snooze_until > client.now();
  const { conversation_id, title, unread_count, group_id, my_status, my_role } = conversation;
  // An owner transfers or dismisses the group in the details.
  const mayLeave = group_id !== "" && my_status === MemberStatus.NORMAL && my_role < 3;
  const item = (icon: IconName, label: string, onClick: () => void, extra = "") => (
    <button type="button" class={`menu-item ${extra}`} onClick={onClick}>
      <Icon name={icon} />
      {label}
    </button>
  );
  const change = (given: Parameters<typeof update>[0]) => void update(given).then((isDone) => isDone && onClose());
  return (
    <Dialog title={title} onClose={onClose} class="narrow">
      {item("pin", is_pinned ? t.unpin : t.pin, () => change({ is_pinned: !is_pinned }))}
      {item("silent", isMuted ? t.unmuteChat : t.muteChat, () => change({ recv_msg_opt: isMuted ? 0 : 1 }))}
      {unread_count > 0 &&
        item("checks", t.markRead, () => {
          client.markRead(conversation_id);
          onClose();
        })}
      {unread_count === 0 && !is_unread && item("chat", t.list.markUnread, () => change({ is_unread: true }))}
      {item("down", is_archived ? t.list.unarchive : t.list.archive, () => change({ is_archived: !is_archived }))}
      {isSnoozed
        ? item("clock", t.list.unsnooze, () => change({ snooze_until: 0 }))
        : item("clock", t.list.snooze, () => change({ snooze_until: client.now() + SNOOZE }))}
      {item("close", t.list.clear, () => askRemoval("clear"), "danger-text")}
      {item("close", t.list.delete, () => askRemoval("delete"), "danger-text")}
      {mayLeave && item("leave", t.leave, () => ask(true), "danger-text")}
      <ErrorText error={error ?? leaving.error} />
      {removal && (
        <Confirm
          question={removal === "clear" ? t.list.clearConfirm : t.list.deleteConfirm}
          action={removal === "clear" ? t.list.clear : t.list.delete}
          onClose={() => askRemoval(null)}
          onConfirm={() =>
            void leaving
              .run(() =>
                removal === "clear"
                  ? client.api.conversation.clear(conversation_id)
                  : client.api.conversation.delete(conversation_id, { clear: true }),
              )
              .then((isDone) => isDone && onClose())
          }
        />
      )}
      {isAsking && (
        <Confirm
          question={t.leaveConfirm}
          action={t.leave}
          onClose={() => ask(false)}
          onConfirm={() =>
            void leaving
              .run(() => client.api.group.quit(group_id))
              .then((isDone) => {
                if (isDone) onClose();
              })
          }
        />
      )}
    </Dialog>
  );
}
