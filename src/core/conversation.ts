import type { FrameHandlers } from "../durable/frame-handlers.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { Env } from "../env.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import type { Millis } from "../protocol/model.ts";
import type { Operation } from "./call.ts";
import type { OperateCall } from "./calls.ts";
import type { GroupCard } from "./delivery/group-card.ts";
import type { ConversationState, Operated } from "./log/state.ts";
import type { ConversationStore } from "./log/store.ts";
import type { Handler } from "./rpc.ts";

/** What a feature of a Conversation stands on. */
export interface ConversationContext {
  readonly env: Env;
  readonly room: ConversationState;
  readonly store: ConversationStore;
  readonly sockets: Sockets;
  /** The name and picture of a group, as inboxes are told them. */
  readonly card: GroupCard;
  readonly now: () => Millis;
  /** Makes sure that `alarm` is called at this time, or before. */
  readonly wakeAt: (time: Millis) => void;
  /** Commits the sends that wait, so that a read shows them. */
  readonly flush: () => void;
  /** Lets every member's inbox hear of a change. To be called in the turn of the change. */
  readonly changed: () => void;
  /** Runs a change, pushes its notice, and lets inboxes hear of it. @param socket the one that asked, if one did */
  readonly change: (userId: string, socket: WebSocket | null, run: () => Operated) => Operated;
  /** Resolves once this inbox knows what is true now, or could not be reached. */
  readonly reach: (userId: string) => Promise<void>;
}

/** The work behind an operation. */
export interface OperationHandler {
  readonly name: string;
  /** Done first, and may wait for others; nothing has changed yet. @throws NexoError where the user may not */
  readonly prepare: (input: unknown, call: OperateCall) => Promise<void>;
  /** The change itself, in one turn. @throws NexoError in the contract's order */
  readonly run: (input: unknown, call: OperateCall) => Operated;
}

/** Handles an operation. @param prepare is done before `run`, and may wait for others */
export function handleOperation<Input>(
  operation: Operation<Input>,
  run: (input: Input, call: OperateCall) => Operated,
  prepare: (input: Input, call: OperateCall) => Promise<void> = nothing,
): OperationHandler {
  // The operation has typed the input at the caller's side.
  return { name: operation.name, run: run as OperationHandler["run"], prepare: prepare as OperationHandler["prepare"] };
}

async function nothing(): Promise<void> {}

/** Which socket a frame came by, and whose it is. */
interface Asker {
  readonly socket: WebSocket;
  readonly userId: string;
}

/** What the frames of a conversation's socket are answered. */
export type ConversationFrameHandlers = FrameHandlers<"conversation", Asker>;

/** What a capability adds to a Conversation. */
export interface ConversationFeature {
  readonly calls?: readonly Handler[];
  readonly operations?: readonly OperationHandler[];
  readonly frames?: Partial<ConversationFrameHandlers>;
  /** An operation was carried out, in its turn. */
  readonly operated?: () => void;
  /** The alarm rang, whoever set it. */
  readonly alarm?: () => void;
}

/** A frame on a conversation's socket is about that conversation. @throws NexoError INVALID_PARAMETER */
export function assertHere({ conversationId: here }: ConversationState, conversationId: string): void {
  if (conversationId === here) return;
  throw new NexoError(Code.INVALID_PARAMETER, `conversation_id: this socket is for ${here}`);
}
