import { useId, useState } from "preact/hooks";
import { useConversations } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { openChat } from "../route.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";

/** The number of chats offered at once. */
const OFFERED = 8;

/** Opens a chat by a part of its name. */
export function Switcher({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const { conversations } = useConversations();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const wanted = typed.trim().toLocaleLowerCase();
  const found = conversations
    .filter(({ title, peer_user_id }) => `${title} ${peer_user_id}`.toLocaleLowerCase().includes(wanted))
    .slice(0, OFFERED);
  const chosen = Math.min(at, found.length - 1);
  function go(index: number): void {
    const conversation = found[index];
    if (!conversation) return;
    onClose();
    openChat(conversation.conversation_id);
  }
  function key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") go(chosen);
    else if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(found.length, 1));
    else if (event.key === "ArrowUp") setAt((chosen + found.length - 1) % Math.max(found.length, 1));
    else return;
    event.preventDefault();
  }
  return (
    <Dialog title={t.goToChat} onClose={onClose} class="narrow">
      <input
        type="text"
        role="combobox"
        aria-label={t.filter}
        placeholder={t.filter}
        aria-expanded={found.length > 0}
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
        autoComplete="off"
        autoFocus
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={key}
      />
      <div id={id} class="switcher" role="listbox" aria-label={t.chats}>
        {found.map(({ conversation_id, peer_user_id, title, avatar }, index) => (
          <div
            key={conversation_id}
            id={`${id}-${index}`}
            class="menu-item"
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onPointerDown={() => go(index)}
          >
            <Avatar id={peer_user_id || conversation_id} name={title} url={avatar} size="small" />
            <span dir="auto">{title}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p class="empty">{t.noMatch}</p>}
    </Dialog>
  );
}
