import { useWords } from "../i18n/index.ts";
import type { Mentionable } from "./mentions.ts";

interface MentionListProps {
  readonly id: string;
  readonly names: readonly Mentionable[];
  readonly chosen: number;
  readonly onPick: (index: number) => void;
}

/** The names that complete an @ word. The text area keeps the focus, and says which one is chosen. */
export function MentionList({ id, names, chosen, onPick }: MentionListProps) {
  const t = useWords();
  if (names.length === 0) return null;
  return (
    <div id={id} class="mention-list" role="listbox" aria-label={t.mention}>
      {names.map(({ id: userId, name }, index) => (
        <div
          key={userId}
          id={`${id}-${index}`}
          class="menu-item"
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(index);
          }}
        >
          <span dir="auto">{name}</span>
          <span class="muted-text">{userId}</span>
        </div>
      ))}
    </div>
  );
}
