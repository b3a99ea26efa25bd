import type { z } from "zod";
import { declareCall, type Operation } from "../../core/call.ts";
import type { conversationUpdateBody, SyncRequest } from "../../protocol/bodies.ts";

/** A page of the list: its conversations as JSON, and the cursor of the next page. */
export const listConversations = declareCall<
  { readonly cursor: string; readonly limit: number },
  { readonly conversations: string; readonly next: string }
>("conversations.list");

/** One conversation as JSON. @throws NO_PERMISSION for outsiders, CONVERSATION_NOT_FOUND before the first message */
export const conversationInfo = declareCall<{ readonly conversation_id: string }, string>("conversations.info");

/** Changes a user's settings of a conversation. @throws the same errors as `conversationInfo` */
export const configureConversation = declareCall<
  { readonly conversation_id: string } & Partial<z.output<typeof conversationUpdateBody>>,
  void
>("conversations.configure");

/**
 * Takes a conversation out of the user's list until its next message, clears it for the user, or both.
 * @throws the same errors as `conversationInfo`
 */
export const removeConversation = declareCall<
  { readonly conversation_id: string; readonly clear: boolean; readonly leave: boolean },
  void
>("conversations.remove");

/** Hides all messages so far from the user. Others are not told. [LIST-5] @throws NO_PERMISSION */
export const clearOperation: Operation<null> = declareCall("conversations.clear");

/** A page of the changes since a cursor, as JSON. @throws TOKEN_MISMATCH for a cursor that was never issued */
export const syncConversations = declareCall<SyncRequest, string>("conversations.sync");
