import { declareCall } from "../../core/call.ts";
import type { SyncRequest } from "../../protocol/bodies.ts";

/** A page of the list: its conversations as JSON, and the cursor of the next page. */
export const listConversations = declareCall<
  { readonly cursor: string; readonly limit: number },
  { readonly conversations: string; readonly next: string }
>("conversations.list");

/** One conversation as JSON. @throws NO_PERMISSION for outsiders, CONVERSATION_NOT_FOUND before the first message */
export const conversationInfo = declareCall<{ readonly conversation_id: string }, string>("conversations.info");

/** Changes a user's settings of a conversation. @throws the same errors as `conversationInfo` */
export const configureConversation = declareCall<
  {
    readonly conversation_id: string;
    readonly recv_msg_opt?: number | undefined;
    readonly is_pinned?: boolean | undefined;
  },
  void
>("conversations.configure");

/** A page of the changes since a cursor, as JSON. @throws TOKEN_MISMATCH for a cursor that was never issued */
export const syncConversations = declareCall<SyncRequest, string>("conversations.sync");
