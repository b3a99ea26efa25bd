/**
 * React hooks over the views of `nexo-im/client`. Each returns the current snapshot, and renders again when it
 * changes.
 *
 * @example
 * import { NexoProvider, useMessages } from "nexo-im/react";
 *
 * @module
 */
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from "react";
import type { Client } from "./client.ts";
import type { ConnectionSnapshot } from "./connection/connection.ts";
import type { ConversationsSnapshot } from "./conversations/conversations.ts";
import type { MembersSnapshot } from "./groups/members.ts";
import type { AppTypes, Conversation } from "./messages/content.ts";
import type { MessagesSnapshot, MessagesView } from "./messages/message-window.ts";
import type { PinsSnapshot } from "./messages/pins.ts";
import type { PresenceSnapshot } from "./presence/presence.ts";
import type { UsersSnapshot } from "./users/users.ts";
import type { View } from "./view.ts";

const ClientContext = createContext<Client | null>(null);

/** Provides a client to its children. @example <NexoProvider client={client}><App /></NexoProvider> */
export function NexoProvider<T extends AppTypes = AppTypes>(given: {
  readonly client: Client<T>;
  readonly children?: ReactNode;
}): ReactElement {
  return createElement(ClientContext.Provider, { value: given.client as Client }, given.children);
}

/** The client of the provider above. @throws Error if there is none */
export function useClient<T extends AppTypes = AppTypes>(): Client<T> {
  const client = useContext(ClientContext);
  if (!client) throw new Error("There is no <NexoProvider> above this component.");
  return client as Client<T>;
}

/** The snapshot of any view. @example const { status } = useView(client.connection); */
export function useView<T>(view: View<T>): T {
  return useSyncExternalStore(view.subscribe, view.getSnapshot, view.getSnapshot);
}

/** The state of the connection to the server. */
export const useConnection = (): ConnectionSnapshot => useView(useClient().connection);

/** The list of conversations, and the unread totals. */
export const useConversations = <T extends AppTypes = AppTypes>(): ConversationsSnapshot<T> =>
  useView(useClient<T>().conversations);

/** One conversation; null while it is not listed. */
export const useConversation = <T extends AppTypes = AppTypes>(conversationId: string): Conversation<T> | null =>
  useView(useClient<T>().conversation(conversationId));

/**
 * The messages of a conversation, and functions that load more.
 * @param around the seq of a message at which to begin, instead of the newest
 * @example const { messages, has_newer, loadNewer } = useMessages(id, target);
 */
export function useMessages<T extends AppTypes = AppTypes>(
  conversationId: string,
  around?: number,
): MessagesSnapshot<T> & Pick<MessagesView<T>, "loadOlder" | "loadNewer" | "keep"> {
  const client = useClient<T>();
  const view = useMemo(() => {
    const newest = client.messages(conversationId);
    return around === undefined ? newest : newest.around(around);
  }, [client, conversationId, around]);
  return { ...useView(view), loadOlder: view.loadOlder, loadNewer: view.loadNewer, keep: view.keep };
}

/** The pinned messages of a conversation, the last pinned first. */
export const usePins = <T extends AppTypes = AppTypes>(conversationId: string): PinsSnapshot<T> =>
  useView(useClient<T>().pins(conversationId));

/** Names and pictures of users, by id. */
export const useUsers = (userIds: readonly string[]): UsersSnapshot => useView(useClient().users(userIds));

/** The members of a group. */
export const useMembers = (groupId: string): MembersSnapshot => useView(useClient().members(groupId));

/** Which of these users are online, by id. */
export const usePresence = (userIds: readonly string[]): PresenceSnapshot => useView(useClient().presence(userIds));

/** The ids of the users who are typing. */
export const useTyping = (conversationId: string): readonly string[] => useView(useClient().typing(conversationId));
