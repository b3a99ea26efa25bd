import { useCallback, useEffect, useState } from "preact/hooks";
import type { MessagesView } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useTarget } from "../route.ts";
import type { Place } from "./message-list.tsx";

interface Visit {
  /** Another number for each jump: the list then opens again. */
  readonly visit: number;
  readonly place: Place;
  readonly view: MessagesView;
}

/** Which messages of a chat are shown: the newest, or those around a message that was jumped to. */
export function useJumps(conversationId: string) {
  const client = useClient();
  const target = useTarget();
  const [now, go] = useState<Visit>(() => ({
    visit: 0,
    place: target ?? "unread",
    view: target ? client.messages(conversationId).around(target.seq) : client.messages(conversationId),
  }));
  const jump = useCallback(
    (seq: number) => {
      const newest = client.messages(conversationId);
      const isHere = newest.getSnapshot().messages.some((message) => message.seq === seq);
      const view = isHere ? newest : newest.around(seq);
      go(({ visit }) => ({ visit: visit + 1, place: { seq }, view }));
    },
    [client, conversationId],
  );
  const toNewest = useCallback(() => {
    go(({ visit }) => ({ visit: visit + 1, place: "end", view: client.messages(conversationId) }));
  }, [client, conversationId]);
  // An address that was opened while the chat was open.
  const [first] = useState(target);
  useEffect(() => {
    if (target && target !== first) jump(target.seq);
  }, [target, first, jump]);
  return { ...now, jump, toNewest };
}
