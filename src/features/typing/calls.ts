import { declareCall } from "../../core/call.ts";

/** Shows the other members that a member starts or stops typing. @throws NexoError NO_PERMISSION, GROUP_DISMISSED */
export const setTyping = declareCall<{ readonly user_id: string; readonly typing: boolean }, void>("typing.set");

/** Shows on a user's own sockets that somebody is typing. Answers whether the user has any sockets. */
export const showTyping = declareCall<
  { readonly conversation_id: string; readonly user_id: string; readonly typing: boolean },
  boolean
>("typing.show");
