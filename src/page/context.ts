import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { Client, ConversationsSnapshot, UsersSnapshot } from "../client/index.ts";
import { useWords } from "./i18n/index.ts";
import { isOwnSite, isPicture, type Pictures } from "./pictures.ts";
import { type Store, useView } from "./store.ts";

export interface SignedIn {
  readonly client: Client;
  readonly pictures: Pictures;
  /** Whether the server has been asked. Until then, the page shows what the history has of the last visit. */
  readonly synced: Store<boolean>;
}

export const SignedInContext = createContext<SignedIn | null>(null);

/** The client of the signed-in user. */
export function useClient(): Client {
  return useSignedIn().client;
}

/** All conversations. */
export function useConversations(): ConversationsSnapshot {
  const shown = useView(useClient().conversations);
  const { erasedUser } = useWords().safety;
  return useMemo(() => {
    // The peer's account was erased. All other rows stay the same objects.
    if (shown.conversations.every(({ title }) => title !== "")) return shown;
    const named = shown.conversations.map((one) => (one.title === "" ? { ...one, title: erasedUser } : one));
    return { ...shown, conversations: named };
  }, [shown, erasedUser]);
}

/** Whether the list is the server's; false while it is only that of the last visit. */
export function useSynced(): boolean {
  return useView(useSignedIn().synced);
}

/** What is known of these users; requests the unknown ones. */
export function useUsers(userIds: readonly string[]): UsersSnapshot {
  const users = useView(useClient().users(userIds));
  const { erasedUser } = useWords().safety;
  return useMemo(() => {
    // A name has a visible character, unless its account was erased.
    const erased = [...users.values()].filter(({ nickname }) => nickname === "");
    if (erased.length === 0) return users;
    return new Map([...users, ...erased.map((user) => [user.user_id, { ...user, nickname: erasedUser }] as const)]);
  }, [users, erasedUser]);
}

/** Whether a picture exists and may be loaded, and how to request it; the user's own pictures always may be loaded. */
export function usePicture(url: string, ownerId: string) {
  const { client, pictures } = useSignedIn();
  const allowed = useView(pictures);
  const isAllowed = isOwnSite(url) || ownerId === client.userId || allowed.has(url);
  return {
    isShown: isPicture(url) && isAllowed,
    isWithheld: isPicture(url) && !isAllowed,
    show: () => pictures.allow(url),
  };
}

export function useSignedIn(): SignedIn {
  const signedIn = useContext(SignedInContext);
  if (!signedIn) throw new Error("used outside of what a signed-in user sees");
  return signedIn;
}
