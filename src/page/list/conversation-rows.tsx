import { useMemo, useState } from "preact/hooks";
import type { Conversation } from "../../client/index.ts";
import { useToday } from "../today.ts";
import { ChatMenu } from "./chat-menu.tsx";
import { ConversationRow } from "./conversation-row.tsx";
import { useWindow } from "./use-window.ts";

interface ConversationRowsProps {
  readonly conversations: readonly Conversation[];
  readonly open: string | null;
}

/** The targets of the arrow keys in a list. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** The rows near the screen. Together they are one stop of the Tab key; the arrow keys move between rows. */
export function ConversationRows({ conversations, open }: ConversationRowsProps) {
  const today = useToday();
  const ids = useMemo(() => conversations.map(({ conversation_id }) => conversation_id), [conversations]);
  const { list, from, to, height, onScroll, focusRow } = useWindow(ids);
  const [focused, setFocused] = useState<string | null>(null);
  const [menu, showMenu] = useState<string | null>(null);
  const chosen = conversations.find(({ conversation_id }) => conversation_id === menu);
  const stop = Math.max(ids.indexOf(focused ?? open ?? ""), 0);
  const rendered = ids.slice(from, to).map((_, index) => from + index);
  // The row with the focus stays rendered wherever the user scrolls; otherwise the focus would be lost.
  if (ids.length > 0 && (stop < from || stop >= to)) rendered.push(stop);
  function key(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    focusRow(Math.min(Math.max(stop + step, 0), ids.length - 1));
  }
  return (
    <div ref={list} class="conversations" onScroll={onScroll}>
      <ul style={{ height: `${ids.length * height}px` }} onKeyDown={key}>
        {rendered.map((index) => {
          const conversation = conversations[index];
          if (!conversation) return null;
          const id = conversation.conversation_id;
          return (
            <ConversationRow
              key={id}
              conversation={conversation}
              isOpen={id === open}
              today={today}
              index={index}
              count={ids.length}
              top={index * height}
              isTabStop={index === stop}
              onFocus={setFocused}
              onMenu={showMenu}
            />
          );
        })}
      </ul>
      {chosen && <ChatMenu conversation={chosen} onClose={() => showMenu(null)} />}
    </div>
  );
}
