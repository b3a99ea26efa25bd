import { useEffect, useRef, useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useIsToCome } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { untilTime } from "../i18n/time.ts";
import { IconButton } from "../ui/icon-button.tsx";
import type { Blocked } from "./chat-pane.tsx";
import { ImageDialog } from "./image-dialog.tsx";

interface ComposerProps {
  readonly conversationId: string;
  readonly blocked: Blocked;
  readonly mutedUntil: number;
}

/** What was begun and not sent, by user and conversation, until the page is closed. */
const drafts = new Map<string, string>();
/** Of any script this stays below the 32 KB that a message may have. */
const MAX_LENGTH = 8_000;

/** Where one writes; where one may not, why not. */
export function Composer({ conversationId, blocked, mutedUntil }: ComposerProps) {
  const t = useWords();
  const isMuted = useIsToCome(mutedUntil);
  if (blocked) {
    const words = { quit: t.youLeft, kicked: t.youWereKicked, dismissed: t.groupDismissed };
    return <p class="composer-closed">{words[blocked]}</p>;
  }
  if (isMuted) {
    return <p class="composer-closed">{t.mutedUntil(untilTime(t, mutedUntil))}</p>;
  }
  return <Writing conversationId={conversationId} />;
}

function Writing({ conversationId }: { readonly conversationId: string }) {
  const t = useWords();
  const client = useClient();
  const draft = `${client.userId} ${conversationId}`;
  const [text, setText] = useState(drafts.get(draft) ?? "");
  const [isSendingImage, sendImage] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // A keyboard on the screen would cover half of what one came to read.
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) area.current?.focus({ preventScroll: true });
    return () => client.setTyping(conversationId, false);
  }, [client, conversationId]);

  function write(next: string): void {
    setText(next);
    if (next === "") drafts.delete(draft);
    else drafts.set(draft, next);
    client.setTyping(conversationId, next.trim() !== "");
  }
  function send(): void {
    area.current?.focus();
    if (text.trim() === "") return;
    client.sendText(conversationId, text.trim());
    write("");
  }
  function key(event: KeyboardEvent): void {
    // An Enter that chooses a character of an input method is not the end of the message. In Safari the choice is
    // over by then, and only the key code says so.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <IconButton icon="image" label={t.sendImage} onClick={() => sendImage(true)} />
      <textarea
        ref={area}
        rows={1}
        dir="auto"
        enterkeyhint="send"
        aria-label={t.write}
        placeholder={t.write}
        maxLength={MAX_LENGTH}
        value={text}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={key}
      />
      <IconButton icon="send" label={t.send} type="submit" class="send" disabled={text.trim() === ""} />
      {isSendingImage && <ImageDialog conversationId={conversationId} onClose={() => sendImage(false)} />}
    </form>
  );
}
