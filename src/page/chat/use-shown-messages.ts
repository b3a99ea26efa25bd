import { useEffect, useMemo } from "preact/hooks";
import type { MessageItem, MessagesSnapshot } from "../../client/index.ts";
import { useSignedIn } from "../context.ts";
import { useView } from "../store.ts";

const NONE: readonly MessageItem[] = [];

/** The messages that a chat shows: until the server has answered, those of the last visit and those in the outbox. */
export function useShownMessages(conversationId: string, shown: MessagesSnapshot, isOpen: boolean) {
  const { client, last } = useSignedIn();
  const { messages } = shown;
  const before = last.before.messages[conversationId] ?? NONE;
  const items = useMemo(
    () => (isOpen ? messages : [...before, ...messages.filter(({ seq }) => seq === 0)]),
    [messages, isOpen, before],
  );
  const isOffline = useView(client.connection).status === "offline";
  useEffect(() => {
    if (isOpen) last.seen(conversationId, shown);
  }, [last, conversationId, shown, isOpen]);
  // Without a network, no answer can be expected.
  return { items, isShowing: isOpen || (isOffline && before.length > 0) };
}
