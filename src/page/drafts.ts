import { forget, keep, keptKeys, readKept } from "./kept.ts";
import { Store, useView } from "./store.ts";

const PREFIX = "nexo-im/draft ";
/** Beside a draft that the user's other devices do not have yet. */
const UNSHARED = "nexo-im/unshared ";

/**
 * Texts begun and not sent, by user and conversation, until they are sent or the user signs out. Each is stored
 * separately, so that tabs with drafts to different users do not overwrite each other's.
 */
class Drafts extends Store<ReadonlyMap<string, string>> {
  constructor() {
    super(new Map(keptKeys(PREFIX).map((key) => [key, readKept(key) ?? ""])));
    addEventListener("storage", ({ key, newValue }) => {
      if (key?.startsWith(PREFIX)) this.#put(key, newValue ?? "");
    });
  }

  of(userId: string, conversationId: string): string {
    return this.getSnapshot().get(keyOf(userId, conversationId)) ?? "";
  }

  /** The conversations in which a user has a draft. */
  ids(userId: string): readonly string[] {
    const start = keyOf(userId, "");
    return [...this.getSnapshot().keys()].flatMap((key) => (key.startsWith(start) ? [key.slice(start.length)] : []));
  }

  /** Called with the conversation of a draft that the user changes here, for the user's other devices. */
  onWritten: ((conversationId: string) => void) | null = null;

  keep(userId: string, conversationId: string, text: string): void {
    const isChanged = text !== this.of(userId, conversationId);
    this.put(userId, conversationId, text);
    if (isChanged) this.onWritten?.(conversationId);
  }

  /** As `keep`, of a text that was written elsewhere. */
  put(userId: string, conversationId: string, text: string): void {
    const key = keyOf(userId, conversationId);
    this.#put(key, text);
    if (text === "") forget(key);
    else keep(key, text);
  }

  /** Deletes the drafts of all users: signing out leaves nothing behind. */
  forget(): void {
    for (const key of [PREFIX, UNSHARED].flatMap(keptKeys)) forget(key);
    this.set(new Map());
  }

  #put(key: string, text: string): void {
    const next = new Map(this.getSnapshot());
    if (text === "") next.delete(key);
    else next.set(key, text);
    this.set(next);
  }
}

export const drafts = new Drafts();

/** Where it is kept from which rev of the user's data on a draft is not shared. */
export function unsharedKey(userId: string, conversationId: string): string {
  return `${UNSHARED}${userId} ${conversationId}`;
}

export function useDraft(userId: string, conversationId: string): string {
  return useView(drafts).get(keyOf(userId, conversationId)) ?? "";
}

function keyOf(userId: string, conversationId: string): string {
  return `${PREFIX}${userId} ${conversationId}`;
}
