import { useMemo } from "preact/hooks";
import type { Presence } from "../client/index.ts";
import { useClient } from "./context.ts";
import { useView } from "./store.ts";

/** Whether and on which platforms a user is online, as far as it is visible to this user. */
export function usePresence(userId: string): Presence | undefined {
  const client = useClient();
  const view = useMemo(() => client.presence(userId === "" ? [] : [userId]), [client, userId]);
  return useView(view).get(userId);
}

export function useIsOnline(userId: string): boolean {
  return usePresence(userId)?.status === 1;
}

/** The users typing in a conversation now. */
export function useTypers(conversationId: string): readonly string[] {
  const client = useClient();
  return useView(useMemo(() => client.typing(conversationId), [client, conversationId]));
}
