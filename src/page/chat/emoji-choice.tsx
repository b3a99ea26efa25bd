import { useState } from "preact/hooks";
import type { Reaction } from "../../client/index.ts";
import { useWords } from "../i18n/index.ts";
import { Icon } from "../ui/icons.tsx";

/** Offered at once, and after "more". */
const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const MORE = "🎉 🔥 👏 💯 ✅ 👀 🤔 😍 😡 🙌 👎 🚀 🤝 💪 😎 🥳 😴 💔".split(" ");

interface EmojiChoiceProps {
  readonly reactions: readonly Reaction[];
  readonly onChoose: (emoji: string, isOn: boolean) => void;
}

/** The emoji to react with; those that the user has chosen before are taken back. */
export function EmojiChoice({ reactions, onChoose }: EmojiChoiceProps) {
  const t = useWords();
  const [hasMore, setMore] = useState(false);
  return (
    <fieldset class="emoji-choice" aria-label={t.react}>
      {(hasMore ? [...QUICK, ...MORE] : QUICK).map((emoji) => {
        const isMine = reactions.some((each) => each.emoji === emoji && each.mine);
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={isMine}
            aria-label={t.reactWith(emoji)}
            onClick={() => onChoose(emoji, !isMine)}
          >
            {emoji}
          </button>
        );
      })}
      {!hasMore && (
        <button
          type="button"
          aria-label={t.moreReactions}
          title={t.moreReactions}
          onClick={({ currentTarget }) => {
            // The button is removed after the click.
            currentTarget.parentElement?.querySelector("button")?.focus();
            setMore(true);
          }}
        >
          <Icon name="more" />
        </button>
      )}
    </fieldset>
  );
}
