import { declareCall } from "../../core/call.ts";
import type { SearchQuery } from "../../protocol/search.ts";

/** A page of a search among what a user sees, as JSON. @throws NexoError NO_PERMISSION, TOO_MANY_REQUESTS */
export const searchMessages = declareCall<
  Omit<SearchQuery, "conversation_id"> & {
    readonly user_id: string;
    /** How many messages are looked at; 10,000 if absent. */
    readonly most?: number;
  },
  string
>("search.messages");

/**
 * A request of a user to their Inbox: a page of a search over all conversations, as a JSON array.
 * @throws NexoError TOO_MANY_REQUESTS; INVALID_PARAMETER for a cursor that was never given
 */
export const searchAll = declareCall<
  { readonly q: string; readonly cursor: string },
  { readonly found: string; readonly next: string }
>("search.all");
