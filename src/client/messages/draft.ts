import { parseConversationId, peerOf } from "../../protocol/ids.ts";

/** The message fields that follow from its conversation. */
export function draft(conversationId: string, userId: string) {
  return {
    server_msg_id: 0,
    id: 0,
    seq: 0,
    sender_id: userId,
    conversation_id: conversationId,
    ...addressOf(conversationId, userId),
  };
}

/** How a conversation is addressed by requests that send to it. */
export function addressOf(conversationId: string, userId: string) {
  const ref = parseConversationId(conversationId);
  const session_type: 1 | 2 = ref?.type ?? 1;
  return {
    recv_id: ref ? peerOf(ref, userId) : "",
    group_id: ref?.type === 2 ? ref.group_id : "",
    session_type,
  };
}
