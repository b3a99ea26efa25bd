import type { FrameHandlers } from "../durable/frame-handlers.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { Env } from "../env.ts";
import type { ErasureMode } from "../protocol/account-model.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { Millis } from "../protocol/model.ts";
import type { Operation } from "./call.ts";
import type { OperateCall } from "./calls.ts";
import type { GroupCard } from "./delivery/group-card.ts";
import type { Amendments, Replaced } from "./log/amendments.ts";
import type { Operated } from "./log/operated.ts";
import type { LogReader } from "./log/reader.ts";
import type { MessageHooks } from "./log/sends.ts";
import type { ConversationState } from "./log/state.ts";
import type { ConversationStore } from "./log/store.ts";
import type { Charge } from "./rates/charges.ts";
import type { Handler } from "./rpc.ts";

/** A user whose account is erased, and who has left the conversation. */
export interface ErasedUser {
  readonly user_id: string;
  readonly mode: ErasureMode;
  /** The most rows that one call takes away. */
  readonly limit: number;
  readonly at: Millis;
}

/** What a Conversation provides to its features. */
export interface ConversationContext {
  readonly env: Env;
  readonly conversation: ConversationState;
  readonly store: ConversationStore;
  /** Reads messages as one user may see them. */
  readonly reader: LogReader;
  readonly sockets: Sockets;
  /** The name and picture of a group, as they are sent to inboxes. */
  readonly card: GroupCard;
  readonly now: () => Millis;
  /** Makes sure that `alarm` is called at this time or earlier. */
  readonly wakeAt: (time: Millis) => void;
  /** Commits the waiting sends, so that a read shows them. */
  readonly flush: () => void;
  /** Tells every member's inbox about a change. Must be called in the turn of the change. @param departed affected users who are not active members */
  readonly changed: (departed?: readonly string[]) => void;
  /**
   * Runs a change, pushes its notice, and tells inboxes about it.
   * @param asker the socket that asked; `inbox` if the answer brings the user's inbox up to date; null otherwise
   */
  readonly change: (userId: string, asker: WebSocket | "inbox" | null, run: () => Operated) => Operated;
  /** Asks every feature to take away what a user has left here. @returns whether nothing is left. In a transaction */
  readonly erased: (user: ErasedUser, amendments: Amendments) => boolean;
  /** Resolves when this inbox knows the current version, or could not be reached. */
  readonly reach: (userId: string) => Promise<void>;
}

/** The work behind an operation. */
export interface OperationHandler {
  readonly name: string;
  /**
   * Runs first and may wait for others; nothing has changed yet.
   * @returns what `run` needs of it. @throws NexoError if the user may not
   */
  readonly prepare: (input: unknown, call: OperateCall) => Promise<unknown>;
  /** The change itself, in one turn. @throws NexoError in the contract's order */
  readonly run: (input: unknown, call: OperateCall, prepared: unknown) => Operated;
}

/** Handles an operation. @param prepare runs before `run`, and may wait for others */
export function handleOperation<Input, Prepared = undefined>(
  operation: Operation<Input>,
  run: (input: Input, call: OperateCall, prepared: Prepared | undefined) => Operated,
  prepare: (input: Input, call: OperateCall) => Promise<Prepared | undefined> = nothing,
): OperationHandler {
  // The type of the operation has checked the input on the caller's side.
  return { name: operation.name, run: run as OperationHandler["run"], prepare: prepare as OperationHandler["prepare"] };
}

async function nothing(): Promise<undefined> {}

/** The socket that received a frame, and its user. */
export interface Asker {
  readonly socket: WebSocket;
  readonly userId: string;
  /** Takes from the socket's grant what an operation on messages costs. */
  readonly charge: (weight: number, makesNotice: boolean) => Charge;
}

/** Handlers for the frames of a conversation's socket. */
export type ConversationFrameHandlers = FrameHandlers<"conversation", Asker>;

/** What a feature adds to a Conversation. */
export interface ConversationFeature {
  readonly calls?: readonly Handler[];
  readonly operations?: readonly OperationHandler[];
  readonly frames?: Partial<ConversationFrameHandlers>;
  /** Called after an operation was carried out, in the same turn. */
  readonly operated?: () => void;
  /** Whether new messages may be stored, and what else is stored with them. */
  readonly messages?: MessageHooks;
  /**
   * The content of a message was replaced or taken away by a recall. Called within the transaction: rows that belong
   * to the content change with it, or not at all.
   */
  readonly replaced?: (replaced: Replaced) => void;
  /**
   * Takes away what a user has left here besides messages. Called within a transaction, and again until it answers
   * true: nothing is left. [ERASE-2]
   */
  readonly erased?: (user: ErasedUser, amendments: Amendments) => boolean;
  /** The reactions of a user to some messages, by seq. One feature provides it. */
  readonly reactions?: (userId: string, seqs: readonly number[]) => ReadonlyMap<number, readonly string[]>;
  /** The alarm fired, no matter which feature set it. Every wait in here must have a deadline. [TELL-5] */
  readonly alarm?: () => void | Promise<void>;
}

/** Checks that a frame on a conversation's socket is about that conversation. @throws NexoError INVALID_PARAMETER */
export function assertHere({ conversationId: here }: ConversationState, conversationId: string): void {
  if (conversationId === here) return;
  throw new NexoError(Code.INVALID_PARAMETER, `conversation_id: this socket is for ${here}`);
}
