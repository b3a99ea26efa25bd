import { declareCall } from "../../core/call.ts";
import type { ImportedMessage } from "../../core/calls.ts";

/**
 * Takes old messages into a conversation that has no other messages yet, all or none. Those that it has already are left
 * out, so a repeat changes nothing. A single chat is created with the first one.
 * @throws INVALID_PARAMETER for a seq that is not the next one, or after a live message; GROUP_NOT_FOUND
 */
export const importMessages = declareCall<
  {
    readonly messages: readonly ImportedMessage[];
    readonly reads: readonly { readonly user_id: string; readonly read_seq: number }[];
  },
  { readonly imported: number; readonly max_seq: number }
>("imports.messages");
