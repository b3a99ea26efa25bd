import type { Message, MessageItem } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { type NameOf, previewText } from "../words.ts";
import { useChatActions } from "./chat-actions.ts";

interface QuoteProps {
  readonly item: MessageItem;
  /** The name of the author of the quoted message. */
  readonly name: string;
}

/** The message that a message replies to; a click jumps to it. */
export function Quote({ item: { meta, quoted }, name }: QuoteProps) {
  const t = useWords();
  const { jump } = useChatActions();
  const seq = meta?.reply_to ?? 0;
  if (seq === 0) return null;
  if (!quoted) return <span class="quote">{t.quoteUnavailable}</span>;
  return (
    <button type="button" class="quote" onClick={() => jump(seq)}>
      <span class="visually-hidden">{t.inReplyTo}</span>
      <span class="quote-name" dir="auto">
        {name}
      </span>
      <QuotedText message={quoted} nameOf={() => name} />
    </button>
  );
}

/** One line of a message's text. */
export function QuotedText({ message, nameOf }: { readonly message: Message; readonly nameOf: NameOf }) {
  const t = useWords();
  const client = useClient();
  return (
    <span class="quote-text" dir="auto">
      {previewText(t, message, client.userId, nameOf)}
    </span>
  );
}
