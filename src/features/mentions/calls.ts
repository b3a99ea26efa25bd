import { declareCall } from "../../core/call.ts";

/** A page of the messages that mention a user, as JSON of a list, newest first. @throws NexoError NO_PERMISSION */
export const listMentions = declareCall<
  { readonly user_id: string; readonly before?: number | undefined; readonly limit: number },
  { readonly messages: string; readonly next: string }
>("mentions.list");
