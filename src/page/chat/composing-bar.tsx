import { useUsers } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { Icon } from "../ui/icons.tsx";
import type { Composing } from "./chat-actions.ts";
import { QuotedText } from "./quote.tsx";

interface ComposingBarProps {
  readonly composing: Composing;
  readonly onCancel: () => void;
}

/** What the composer replies to or edits, and a way to give it up. */
export function ComposingBar({ composing: { kind, item }, onCancel }: ComposingBarProps) {
  const t = useWords();
  const users = useUsers([item.sender_id]);
  const nameOf = (id: string) => users.get(id)?.nickname ?? id;
  return (
    <div class="composing" role="status">
      <Icon name={kind === "edit" ? "edit" : "reply"} />
      <span class="composing-text">
        <strong>{kind === "edit" ? t.editing : t.replyingTo(nameOf(item.sender_id))}</strong>
        <QuotedText message={item} nameOf={nameOf} />
      </span>
      <IconButton icon="close" label={kind === "edit" ? t.cancelEdit : t.cancelReply} onClick={onCancel} />
    </div>
  );
}
