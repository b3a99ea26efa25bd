import { useState } from "preact/hooks";
import type { Message } from "../../client/index.ts";
import { useClient, useUsers } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { useView } from "../store.ts";
import { Dialog } from "../ui/dialog.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { Icon } from "../ui/icons.tsx";
import { isolated } from "../words.ts";
import { useChatActions, useOperations } from "./chat-actions.ts";
import { QuotedText } from "./quote.tsx";

interface PinnedBarProps {
  readonly conversationId: string;
  readonly nicknames: ReadonlyMap<string, string>;
  readonly mayPin: boolean;
}

/** The pinned messages of a chat: the newest one, which a click shows in its place, and a list of all. */
export function PinnedBar({ conversationId, nicknames, mayPin }: PinnedBarProps) {
  const t = useWords();
  const { jump } = useChatActions();
  const { messages: pins } = useView(useClient().pins(conversationId));
  const [isListing, list] = useState(false);
  const users = useUsers(pins.map(({ sender_id }) => sender_id));
  const nameOf = (id: string) => nicknames.get(id) ?? users.get(id)?.nickname ?? id;
  const [newest] = pins;
  if (!newest) {
    // Otherwise a later pin would open the list.
    if (isListing) list(false);
    return null;
  }
  return (
    <div class="pinned-bar">
      <button type="button" class="pinned" onClick={() => jump(newest.seq)}>
        <Icon name="pin" />
        <span class="visually-hidden">{t.pinnedMessage}</span>
        <QuotedText message={newest} nameOf={nameOf} />
      </button>
      <button type="button" class="link" onClick={() => list(true)}>
        {t.pinnedCount(pins.length)}
      </button>
      {isListing && (
        <Dialog title={t.pinnedMessages} onClose={() => list(false)} class="narrow">
          <ul class="people">
            {pins.map((pin) => (
              <Pin
                key={pin.seq}
                pin={pin}
                name={nameOf(pin.sender_id)}
                mayPin={mayPin}
                onJump={() => {
                  list(false);
                  jump(pin.seq);
                }}
              />
            ))}
          </ul>
        </Dialog>
      )}
    </div>
  );
}

interface PinProps {
  readonly pin: Message;
  readonly name: string;
  readonly mayPin: boolean;
  readonly onJump: () => void;
}

function Pin({ pin, name, mayPin, onJump }: PinProps) {
  const t = useWords();
  const { pin: setPinned } = useOperations();
  return (
    <li class="pin">
      <button type="button" class="menu-item" onClick={onJump}>
        <span class="person">
          <span dir="auto">{name}</span>
          <QuotedText message={pin} nameOf={() => name} />
        </span>
      </button>
      {mayPin && (
        <IconButton
          icon="close"
          label={t.unpinOf(isolated(name))}
          onClick={({ currentTarget }) => {
            // The button is removed after the click.
            currentTarget.closest("dialog")?.querySelector("button")?.focus();
            setPinned(pin, false);
          }}
        />
      )}
    </li>
  );
}
