import { useMemo } from "preact/hooks";
import { useClient } from "./context.ts";
import { useView } from "./store.ts";

/** Whether a user is online, as far as one may know. */
export function useIsOnline(userId: string): boolean {
  const client = useClient();
  const view = useMemo(() => client.presence(userId === "" ? [] : [userId]), [client, userId]);
  return useView(view).get(userId)?.status === 1;
}

/** Who is writing in a conversation just now. */
export function useTypers(conversationId: string): readonly string[] {
  const client = useClient();
  return useView(useMemo(() => client.typing(conversationId), [client, conversationId]));
}
