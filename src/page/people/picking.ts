import { useState } from "preact/hooks";
import type { User } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { idsIn } from "../ids.ts";
import { listOf } from "../words.ts";

/** The maximum number of users that the server returns at once. */
const BATCH = 100;

export interface Picking {
  readonly picked: readonly string[];
  /** The text in the field: a part of a name, or ids. */
  readonly typed: string;
  /** Whether any user is picked, or any text is typed. */
  readonly isBegun: boolean;
  readonly error: string | null;
  readonly type: (text: string) => void;
  readonly pick: (userId: string, isPicked: boolean) => void;
  /**
   * Picks the users whose ids are typed; reports the ids that belong to no user.
   * @returns all picked users, or null if an id belongs to no user
   */
  readonly take: () => Promise<readonly string[] | null>;
  readonly clear: () => void;
}

/** Users being picked, from a list or by their ids. */
export function usePicking(): Picking {
  const t = useWords();
  const client = useClient();
  const [picked, setPicked] = useState<readonly string[]>([]);
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string | null>(null);
  function type(text: string): void {
    setTyped(text);
    setError(null);
  }
  function pick(userId: string, isPicked: boolean): void {
    setPicked((before) => [...before.filter((id) => id !== userId), ...(isPicked ? [userId] : [])]);
  }
  async function take(): Promise<readonly string[] | null> {
    const ids = idsIn(typed);
    if (ids.length === 0) return picked;
    // A text that is not a valid id belongs to no user, so no request is needed.
    const wellFormed = ids.filter((id) => /^[\w.-]{1,64}$/.test(id));
    const found: User[] = [];
    for (let from = 0; from < wellFormed.length; from += BATCH) {
      found.push(...(await client.api.user.many(wellFormed.slice(from, from + BATCH))));
    }
    const known = new Set(found.map(({ user_id }) => user_id));
    const all = [...new Set([...picked, ...known])];
    setPicked(all);
    const unknown = ids.filter((id) => !known.has(id));
    setTyped(unknown.join(", "));
    if (unknown.length === 0) return all;
    setError(t.unknownIds(listOf(t, unknown), unknown.length));
    return null;
  }
  function clear(): void {
    setPicked([]);
    type("");
  }
  const isBegun = picked.length > 0 || typed.trim() !== "";
  return { picked, typed, isBegun, error, type, pick, take, clear };
}
