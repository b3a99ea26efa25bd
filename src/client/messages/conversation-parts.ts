import type { Transport } from "../connection/transport.ts";
import type { Keeper } from "../history/keeper.ts";
import type { Message } from "./content.ts";
import type { Operation } from "./operation.ts";
import type { Outbox } from "./outbox.ts";

/** What the messages of a conversation need of the rest of the client. */
export interface ConversationMessagesParts {
  readonly conversationId: string;
  readonly userId: () => string;
  readonly outbox: Outbox;
  readonly paths: Pick<Transport, "pull" | "pullList" | "changes" | "pins">;
  readonly keeper: Keeper;
  /** The user's operations on a message that the server has not answered yet. */
  readonly operations: (seq: number) => readonly Operation[];
  /** New messages, each once and in order. */
  readonly arrived: (messages: readonly Message[]) => void;
  /** Whether every new message is wanted, even if the conversation is not being viewed. */
  readonly isComplete: () => boolean;
  /** The range of the conversation according to the list; undefined before the list is loaded. */
  readonly place: () => { readonly max_seq: number; readonly min_seq: number } | undefined;
  readonly watched: (isWatched: boolean) => void;
}
