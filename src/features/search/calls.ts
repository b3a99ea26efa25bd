import { declareCall } from "../../core/call.ts";
import type { SearchQuery } from "../../protocol/search.ts";

/** A page of a search among what a user sees, as JSON. @throws NexoError NO_PERMISSION, TOO_MANY_REQUESTS */
export const searchMessages = declareCall<Omit<SearchQuery, "conversation_id"> & { readonly user_id: string }, string>(
  "search.messages",
);
