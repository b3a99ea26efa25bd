/** The result for one user of an invitation or a kick; code 0 is success. */
export interface UserResult {
  user_id: string;
  code: number;
}

/** A page of a list; pass `next` as the `cursor` of the next request; it is "" on the last page. */
export interface PageOf<T> {
  items: T[];
  next: string;
}

export type PageRequest = { cursor?: string; limit?: number };
/** A request for a page of what belongs to a group. */
export type OfGroup = { group_id: string } & PageRequest;

/** The messages of a conversation that contain every word of `q`. Times are Unix milliseconds. */
export interface SearchRequest {
  conversation_id: string;
  q: string;
  sender_id?: string;
  msg_type?: number;
  from?: number;
  to?: number;
  limit?: number;
  cursor?: string;
}
