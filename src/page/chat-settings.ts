import { useState } from "preact/hooks";
import { type Conversation, RecvMsgOpt } from "../client/index.ts";
import { useClient } from "./context.ts";
import { useAction } from "./hooks.ts";

interface Settings {
  is_pinned?: boolean;
  is_unread?: boolean;
  is_archived?: boolean;
  snooze_until?: number;
  recv_msg_opt?: 0 | 1 | 2;
}

/** The user's settings for a conversation. A choice shows at once; the server's value applies once it answers. */
export function useChatSettings(conversation: Conversation) {
  const client = useClient();
  const { run, error } = useAction();
  const [chosen, choose] = useState<Settings>({});
  const { conversation_id } = conversation;
  const { is_pinned, recv_msg_opt } = { ...conversation, ...chosen };
  async function update(change: Settings): Promise<boolean> {
    choose((before) => ({ ...before, ...change }));
    const isDone = await run(() => client.api.conversation.update(conversation_id, change));
    // The push of a change arrives before its answer, or with it.
    choose((before) => Object.fromEntries(Object.entries(before).filter(([key]) => !(key in change))));
    return isDone;
  }
  return { is_pinned, recv_msg_opt, isMuted: recv_msg_opt !== RecvMsgOpt.NORMAL, update, error };
}
