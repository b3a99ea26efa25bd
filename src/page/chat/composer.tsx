import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { drafts } from "../drafts.ts";
import { Attach } from "../files/attach.tsx";
import { Voice } from "../files/voice.tsx";
import { useIsToCome } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { untilTime } from "../i18n/time.ts";
import { useToday } from "../today.ts";
import { IconButton } from "../ui/icon-button.tsx";
import type { Blocked } from "./blocked.ts";
import { ImageDialog } from "./image-dialog.tsx";

interface ComposerProps {
  readonly conversationId: string;
  readonly blocked: Blocked;
  readonly mutedUntil: number;
  /** Receives the client_msg_id of the message that was sent. */
  readonly onSent: (clientMessageId: string) => void;
}

/** In any script, this stays below the limit of 32 KB for a message. */
const MAX_LENGTH = 8_000;

/** The field for writing; where the user may not write, the reason. */
export function Composer({ conversationId, blocked, mutedUntil, onSent }: ComposerProps) {
  const t = useWords();
  const isMuted = useIsToCome(mutedUntil);
  const today = useToday();
  if (blocked) {
    const words = { quit: t.youLeft, kicked: t.youWereKicked, dismissed: t.groupDismissed };
    return <p class="composer-closed">{words[blocked]}</p>;
  }
  if (isMuted) {
    return <p class="composer-closed">{t.mutedUntil(untilTime(t, mutedUntil, today))}</p>;
  }
  return <Writing conversationId={conversationId} onSent={onSent} />;
}

function Writing({ conversationId, onSent }: Pick<ComposerProps, "conversationId" | "onSent">) {
  const t = useWords();
  const client = useClient();
  const id = useId();
  const [text, setText] = useState(() => drafts.of(client.userId, conversationId));
  const [isSendingImage, sendImage] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // An on-screen keyboard would cover half of the messages the user came to read.
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) area.current?.focus({ preventScroll: true });
    return () => client.setTyping(conversationId, false);
  }, [client, conversationId]);

  function write(next: string): void {
    setText(next);
    drafts.keep(client.userId, conversationId, next);
    client.setTyping(conversationId, next.trim() !== "");
  }
  const over = text.trim().length - MAX_LENGTH;
  const isSendable = text.trim() !== "" && over <= 0;
  function send(): void {
    area.current?.focus();
    if (!isSendable) return;
    onSent(client.sendText(conversationId, text.trim()).client_msg_id);
    write("");
  }
  function key(event: KeyboardEvent): void {
    // An Enter that confirms an input method's character must not send the message. In Safari the composition has
    // ended by then, and only the key code shows it.
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
      <Attach conversationId={conversationId} onSent={onSent} />
      <IconButton icon="image" label={t.sendImage} onClick={() => sendImage(true)} />
      <textarea
        ref={area}
        rows={1}
        dir="auto"
        enterkeyhint="send"
        aria-label={t.write}
        placeholder={t.write}
        aria-invalid={over > 0}
        aria-describedby={over > 0 ? id : undefined}
        value={text}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={key}
      />
      <Voice conversationId={conversationId} onSent={onSent} />
      <IconButton icon="send" label={t.send} type="submit" class="send" disabled={!isSendable} />
      <p id={id} class="error" role="status">
        {over > 0 && t.tooLong(over, MAX_LENGTH)}
      </p>
      {isSendingImage && (
        <ImageDialog conversationId={conversationId} onSent={onSent} onClose={() => sendImage(false)} />
      )}
    </form>
  );
}
