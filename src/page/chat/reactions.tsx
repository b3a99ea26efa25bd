import type { MessageItem } from "../../client/index.ts";
import { useWords } from "../i18n/index.ts";
import { useOperations } from "./chat-actions.ts";

/** The reactions below a message: a click adds the user's own, or takes it back. */
export function Reactions({ item }: { readonly item: MessageItem }) {
  const t = useWords();
  const { react } = useOperations();
  if (item.reactions.length === 0) return null;
  return (
    <fieldset class="reactions" aria-label={t.reactions}>
      {item.reactions.map(({ emoji, count, mine }) => (
        <button
          key={emoji}
          type="button"
          class="reaction"
          aria-pressed={mine}
          aria-label={t.reactionCount(emoji, count)}
          onClick={() => react(item, emoji, !mine)}
        >
          <span>{emoji}</span>
          <span>{count}</span>
        </button>
      ))}
    </fieldset>
  );
}
