import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type GroupMember, type MessageItem, MessageType } from "../../client/index.ts";
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
import { type Composing, useOperations } from "./chat-actions.ts";
import { ComposingBar } from "./composing-bar.tsx";
import { ImageDialog } from "./image-dialog.tsx";
import { MentionList } from "./mention-list.tsx";
import { mentioned } from "./mentions.ts";
import { useMentions } from "./use-mentions.ts";

interface WritingProps {
  readonly conversationId: string;
  /** Whom the text may mention; null in a single chat. */
  readonly members: readonly GroupMember[] | null;
  readonly mayMentionAll: boolean;
  readonly composing: Composing | null;
  readonly compose: (composing: Composing | null) => void;
  /** Receives the client_msg_id of the message that was sent. */
  readonly onSent: (clientMessageId: string) => void;
}

interface ComposerProps extends WritingProps {
  readonly blocked: Blocked;
  readonly mutedUntil: number;
}

/** In any script, this stays below the limit of 32 KB for a message. */
const MAX_LENGTH = 8_000;

/** The field for writing; where the user may not write, the reason. */
export function Composer({ blocked, mutedUntil, ...writing }: ComposerProps) {
  const t = useWords();
  const isMuted = useIsToCome(mutedUntil);
  const today = useToday();
  if (blocked) {
    const words = {
      quit: t.youLeft,
      kicked: t.youWereKicked,
      dismissed: t.groupDismissed,
      adminsWrite: t.groups.adminsWrite,
    };
    return <p class="composer-closed">{words[blocked]}</p>;
  }
  if (isMuted) {
    return <p class="composer-closed">{t.mutedUntil(untilTime(t, mutedUntil, today))}</p>;
  }
  return <Writing {...writing} />;
}

function Writing({ conversationId, members, mayMentionAll, composing, compose, onSent }: WritingProps) {
  const t = useWords();
  const client = useClient();
  const operations = useOperations();
  const id = useId();
  const [text, setText] = useState(() => drafts.of(client.userId, conversationId));
  const [isSendingImage, sendImage] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const mention = useMentions({ area, members: members ?? [], everyone: mayMentionAll ? t.everyone : null, write });
  const edited = composing?.kind === "edit" ? composing.item : null;
  useEffect(() => {
    // An on-screen keyboard would cover half of the messages the user came to read.
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) area.current?.focus({ preventScroll: true });
    return () => client.setTyping(conversationId, false);
  }, [client, conversationId]);
  // The text of an edit stands in the field meanwhile; the draft waits.
  useLayoutEffect(() => {
    if (!composing) return;
    area.current?.focus();
    if (!edited) return;
    setText(textOf(edited));
    mention.start(edited);
    return () => setText(drafts.of(client.userId, conversationId));
  }, [composing]);

  function write(next: string): void {
    setText(next);
    if (edited) return;
    drafts.keep(client.userId, conversationId, next);
    client.setTyping(conversationId, next.trim() !== "");
  }
  const over = text.trim().length - MAX_LENGTH;
  const isSendable = text.trim() !== "" && over <= 0;
  function send(): void {
    area.current?.focus();
    if (!isSendable) return;
    const words = text.trim();
    const { mentions, mention_all } = mentioned(words, mention.picked);
    mention.clear();
    compose(null);
    if (edited) {
      if (words !== textOf(edited)) operations.edit(edited, words, members ? mentions : undefined);
      return;
    }
    const reply_to = composing?.item.seq ?? 0;
    const hasMeta = reply_to > 0 || mentions.length > 0 || mention_all;
    onSent(
      client.sendText(conversationId, words, hasMeta ? { reply_to, mentions, mention_all } : undefined).client_msg_id,
    );
    write("");
  }
  function editLast(): boolean {
    const last = lastOwn(client.messages(conversationId).getSnapshot().messages, client.userId);
    if (last) compose({ kind: "edit", item: last });
    return last !== undefined;
  }
  function key(event: KeyboardEvent): void {
    // An Enter that confirms an input method's character must not send the message. In Safari the composition has
    // ended by then, and only the key code shows it.
    if (event.isComposing || event.keyCode === 229 || mention.key(event)) return;
    if (event.key === "Escape" && composing) {
      event.preventDefault();
      compose(null);
    } else if (event.key === "ArrowUp" && !event.altKey && text === "" && !composing) {
      if (editLast()) event.preventDefault();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    }
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {composing && <ComposingBar composing={composing} onCancel={() => compose(null)} />}
      <MentionList id={`${id}-names`} names={mention.names} chosen={mention.chosen} onPick={mention.pick} />
      {!edited && <Attach conversationId={conversationId} onSent={onSent} />}
      {!edited && <IconButton icon="image" label={t.sendImage} onClick={() => sendImage(true)} />}
      <textarea
        ref={area}
        rows={1}
        dir="auto"
        enterkeyhint="send"
        aria-label={edited ? t.editMessage : t.write}
        placeholder={t.write}
        aria-invalid={over > 0}
        aria-describedby={over > 0 ? id : undefined}
        aria-autocomplete={members ? "list" : undefined}
        {...mention.described(`${id}-names`)}
        value={text}
        onInput={(event) => {
          write(event.currentTarget.value);
          mention.look();
        }}
        onKeyDown={key}
        onBlur={mention.hide}
      />
      <IconButton
        icon={edited ? "check" : "send"}
        label={edited ? t.save : t.send}
        type="submit"
        class="send"
        disabled={!isSendable}
      />
      {!edited && <Voice conversationId={conversationId} onSent={onSent} />}
      <p id={id} class="error" role="status">
        {over > 0 && t.tooLong(over, MAX_LENGTH)}
      </p>
      {isSendingImage && (
        <ImageDialog conversationId={conversationId} onSent={onSent} onClose={() => sendImage(false)} />
      )}
    </form>
  );
}

function textOf({ content }: MessageItem): string {
  return String(content.text ?? "");
}

function lastOwn(messages: readonly MessageItem[], me: string): MessageItem | undefined {
  return messages.findLast(
    ({ sender_id, msg_type, seq, recalled }) =>
      sender_id === me && msg_type === MessageType.TEXT && seq > 0 && !recalled,
  );
}
