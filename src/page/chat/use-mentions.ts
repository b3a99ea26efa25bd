import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { GroupMember, MessageItem } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { nameOf } from "../group/member-name.ts";
import { atWord, type Mentionable, offered } from "./mentions.ts";

interface MentionsParts {
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly members: readonly GroupMember[];
  /** The word for everyone; null if the user may not mention everyone. */
  readonly everyone: string | null;
  readonly write: (text: string) => void;
}

const NONE: readonly Mentionable[] = [];

/** Completes names after an @, and remembers which users were picked. */
export function useMentions({ area, members, everyone, write }: MentionsParts) {
  const client = useClient();
  const [names, setNames] = useState<readonly Mentionable[]>(NONE);
  const [chosen, choose] = useState(0);
  const picked = useRef<Mentionable[]>([]);
  /** Where the caret belongs once the text is written. */
  const caret = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (caret.current === null) return;
    area.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });

  /** The text or the caret has changed. */
  function look(): void {
    const { value = "", selectionStart = 0 } = area.current ?? {};
    const word = members.length === 0 ? null : atWord(value, selectionStart);
    setNames(word ? offered(members, client.userId, everyone, word.typed) : NONE);
    choose(0);
  }
  function pick(index: number): void {
    const { value = "", selectionStart = 0 } = area.current ?? {};
    const [word, name] = [atWord(value, selectionStart), names[index]];
    if (!word || !name) return;
    picked.current.push(name);
    const inserted = `@${name.name} `;
    caret.current = word.from + inserted.length;
    setNames(NONE);
    write(value.slice(0, word.from) + inserted + value.slice(word.to));
  }
  /** @returns whether the key was for the list of names */
  function key(event: KeyboardEvent): boolean {
    if (names.length === 0) return false;
    if (event.key === "ArrowDown") choose((chosen + 1) % names.length);
    else if (event.key === "ArrowUp") choose((chosen + names.length - 1) % names.length);
    else if (event.key === "Enter" || event.key === "Tab") pick(chosen);
    else if (event.key === "Escape") setNames(NONE);
    else return false;
    event.preventDefault();
    return true;
  }
  return {
    names,
    chosen,
    look,
    pick,
    key,
    /** The properties of the text area that say which name is chosen. */
    described: (id: string) =>
      names.length > 0 ? { "aria-controls": id, "aria-activedescendant": `${id}-${chosen}` } : {},
    hide: () => setNames(NONE),
    get picked(): readonly Mentionable[] {
      return picked.current;
    },
    /** Begins with those whom a message mentions. */
    start({ meta }: MessageItem): void {
      picked.current = members
        .filter(({ user_id }) => meta?.mentions.includes(user_id))
        .map((member) => ({ id: member.user_id, name: nameOf(member) }));
    },
    clear(): void {
      picked.current = [];
      setNames(NONE);
    },
  };
}
