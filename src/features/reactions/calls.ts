import { declareCall } from "../../core/call.ts";
import { declareMessageOperation } from "../../core/message-operations.ts";

export interface React {
  readonly conversation_id: string;
  readonly seq: number;
  readonly emoji: string;
  readonly on: boolean;
}

/** Adds or removes a reaction. It answers `{message, mine, rev}`. */
export const react = declareMessageOperation<React>("reactions.react", { hasStep: false });

/** One user's reaction to a message. */
export type Reaction = { user_id: string; emoji: string; at: number };

/** A page of the reactions to a message, by user_id. @throws NexoError NO_PERMISSION, MESSAGE_NOT_FOUND */
export const listReactions = declareCall<
  {
    readonly user_id: string;
    readonly seq: number;
    readonly emoji?: string | undefined;
    readonly after: string;
    readonly limit: number;
  },
  { readonly reactions: readonly Reaction[]; readonly next: string }
>("reactions.list");
