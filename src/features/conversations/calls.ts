import { declareCall } from "../../core/call.ts";
import type { SyncRequest } from "../../protocol/bodies.ts";

/** A page of the list as JSON of its conversations, and where the next begins. */
export const listConversations = declareCall<
  { readonly cursor: string; readonly limit: number },
  { readonly conversations: string; readonly next: string }
>("conversations.list");

/** One conversation as JSON. @throws NO_PERMISSION to outsiders, CONVERSATION_NOT_FOUND before the first message */
export const conversationInfo = declareCall<{ readonly conversation_id: string }, string>("conversations.info");

/** Sets what a user sets on a conversation. @throws as `conversationInfo` */
export const configureConversation = declareCall<
  {
    readonly conversation_id: string;
    readonly recv_msg_opt?: number | undefined;
    readonly is_pinned?: boolean | undefined;
  },
  void
>("conversations.configure");

/** A page of what changed since a cursor, as JSON. @throws TOKEN_MISMATCH for a cursor that was never given */
export const syncConversations = declareCall<SyncRequest, string>("conversations.sync");
