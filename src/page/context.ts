import { createContext } from "preact";
import { useContext, useEffect, useMemo } from "preact/hooks";
import type { Client, ConversationsSnapshot, User } from "../client/index.ts";
import { useWords } from "./i18n/index.ts";
import type { LastStateKeeper } from "./last-state.ts";
import { isOwnSite, isPicture, type Pictures } from "./pictures.ts";
import { useView } from "./store.ts";
import type { Users } from "./users.ts";

export interface SignedIn {
  readonly client: Client;
  readonly users: Users;
  readonly pictures: Pictures;
  readonly last: LastStateKeeper;
}

export const SignedInContext = createContext<SignedIn | null>(null);

/** The client of the signed-in user. */
export function useClient(): Client {
  return useSignedIn().client;
}

/** All conversations; until the server has listed them, those of the last visit. */
export function useConversations(): ConversationsSnapshot {
  const { client, last } = useSignedIn();
  const now = useView(client.conversations);
  const { erasedUser } = useWords().safety;
  return useMemo(() => {
    const shown = now.is_ready ? now : { ...now, conversations: last.before.conversations };
    // The peer's account was erased. All other rows stay the same objects.
    if (shown.conversations.every(({ title }) => title !== "")) return shown;
    const named = shown.conversations.map((one) => (one.title === "" ? { ...one, title: erasedUser } : one));
    return { ...shown, conversations: named };
  }, [now, last, erasedUser]);
}

/** What is known of these users; requests the unknown ones. */
export function useUsers(userIds: readonly string[]): ReadonlyMap<string, User> {
  const { users } = useSignedIn();
  const key = userIds.join(" ");
  // The key represents the ids.
  useEffect(() => users.want(userIds), [users, key]);
  return useView(users);
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
