import { forget, keep, keptKeys, readKept } from "./kept.ts";
import { Store, useView } from "./store.ts";

const PREFIX = "nexo-im/draft ";

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

  /** Called with what the user writes here, for the user's other devices. */
  onWritten: ((conversationId: string, text: string) => void) | null = null;

  keep(userId: string, conversationId: string, text: string): void {
    if (text !== this.of(userId, conversationId)) this.onWritten?.(conversationId, text);
    this.put(userId, conversationId, text);
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
    for (const key of [...this.getSnapshot().keys(), ...keptKeys(PREFIX)]) forget(key);
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

export function useDraft(userId: string, conversationId: string): string {
  return useView(drafts).get(keyOf(userId, conversationId)) ?? "";
}

function keyOf(userId: string, conversationId: string): string {
  return `${PREFIX}${userId} ${conversationId}`;
}
