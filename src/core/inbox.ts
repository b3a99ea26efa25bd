import type { FrameHandlers } from "../durable/frame-handlers.ts";
import type { Metrics } from "../durable/metrics.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { Env, Settings } from "../env.ts";
import type { FrameNumber } from "../protocol/frame-requests.ts";
import type { Card, Millis } from "../protocol/model.ts";
import type { Call, Operation } from "./call.ts";
import type { AppendOutcome, LoginEnd, NewMessage, OperateReply } from "./calls.ts";
import type { Consent } from "./consent.ts";
import type { Beside } from "./delivery/update.ts";
import type { Erasure } from "./erasure.ts";
import type { ListEntry } from "./list/entry.ts";
import type { ConversationList, Step } from "./list/list.ts";
import type { InboxStore } from "./list/store.ts";
import type { Logins } from "./logins.ts";
import type { Charge } from "./rates/charges.ts";
import type { Rates } from "./rates/rates.ts";
import type { Handler, RequestHandler } from "./rpc.ts";

/** One open socket of a user, at the inbox or at a conversation. */
export interface Connection {
  readonly platform_id: number;
  readonly socket_id: string;
}

/** The sockets that conversations hold for the user. */
export interface HeldSockets {
  /** Tells every conversation that holds a socket of these logins. Waits for the answers, but only briefly. */
  ended(ends: readonly LoginEnd[]): Promise<void>;
  /** Tells the conversations that hold sockets of a refreshed login its new expiry. */
  extended(loginId: string, exp: number): Promise<void>;
  /** Tells conversations that have not heard of an ended login yet. */
  drain(): Promise<void>;
  /** Whether no conversation has to be told of an ended login. */
  readonly isDrained: boolean;
  /** Compares the records with what the conversations report. */
  check(): Promise<void>;
  /** Does the same, unless it was done within the last minute. */
  checkIfOld(): Promise<void>;
}

/** Conversations that this user is creating. */
export interface Founding {
  /** Whether no single chat with this user exists yet. */
  isStranger(userId: string): boolean;
  isUnderWay(conversationId: string): boolean;
  /** How many groups are being created. */
  readonly groupsUnderWay: number;
  /** Runs the work that creates a conversation, so that the list records this user as its founder. */
  during<T>(conversationId: string, work: () => Promise<T>): Promise<T>;
}

/** The way from an inbox to its conversations. */
export interface Outbound {
  readonly founding: Founding;
  /** Sends a message. @returns it as JSON; for a retry, the first message. @throws NexoError in the contract's order */
  send(conversationId: string, send: NewMessage): Promise<string>;
  /** Resolves once all earlier requests to a conversation are answered. @throws NexoError TOO_MANY_REQUESTS */
  inTurn(conversationId: string): Promise<void>;
  /** Calls a conversation, after all earlier sends to it. @throws NexoError as the call */
  ask<Input, Output>(conversationId: string, call: Call<Input, Output>, input: Input): Promise<Output>;
  /**
   * Carries out an operation, after all earlier sends. The list shows its result when this resolves.
   * @param charge takes what the operation may use from the user's budgets
   */
  operate<Input>(
    conversationId: string,
    operation: Operation<Input>,
    input: Input,
    options?: { readonly asker?: WebSocket | null; readonly charge?: () => Charge },
  ): Promise<Omit<OperateReply, "tell"> & Step>;
}

/** The way of changes into the list, and from there to the user's sockets. */
export interface Inbound {
  /** The entry of a conversation, brought up to date. @throws NO_PERMISSION, CONVERSATION_NOT_FOUND */
  refreshed(conversationId: string): Promise<ListEntry>;
  /**
   * Brings the entries of large groups up to date, of one or of all, unless that was done just before. Waits only
   * briefly: a group that does not answer is shown as it was last known.
   */
  catchUp(conversationId?: string): Promise<void>;
  /** An entry was changed by the user or by its peer: pushes it if its name is known. */
  changed(conversationId: string, step: Step | null, card: Card | undefined): void;
}

/** What an Inbox provides to its features. */
export interface InboxContext {
  readonly env: Env;
  readonly settings: Settings;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly sockets: Sockets;
  readonly logins: Logins;
  readonly rates: Rates;
  readonly consent: Consent;
  readonly erasure: Erasure;
  readonly heldSockets: HeldSockets;
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  readonly metrics: Metrics;
  /** Creates the inbox of a new user; a repeat changes nothing. */
  readonly create: () => void;
  /** All sockets of the user that seem alive, including those that conversations hold. */
  readonly connections: () => readonly Connection[];
  /** Makes sure that `alarm` is called at this time or earlier. */
  readonly wakeAt: (time: Millis) => void;
  /** Must be called when sockets closed, or when the user's presence must be shown differently. */
  readonly socketsChanged: () => void;
  /**
   * The content of a message that is sent again in another conversation, with copies of its files.
   * @throws NexoError as an upload there
   */
  readonly contentFor: (conversationId: string, message: NewMessage) => Promise<string>;
  /** Must be called before the user's name or picture changes in D1. */
  readonly profileChanging: () => void;
  /** What features keep of the user, for an export: objects with a `type`. */
  readonly exported: () => readonly object[];
  /** While the account is erased: asks every feature to let go of what it keeps elsewhere. @returns whether all have */
  readonly released: () => boolean;
  /** Ends this life of the object once all is stored, so that the next one reads storage again. */
  readonly restart: (reason: string) => Promise<void>;
  /** Must be called after a change of blocks or privacy. @param userId whom it concerns; null for anyone */
  readonly consentChanged: (userId: string | null) => void;
}

/** Handlers for the frames of a user's socket. Each gets the socket that received the frame. */
export type InboxFrameHandlers = FrameHandlers<"user", WebSocket>;

/** Points of the request budget by frame. Frames without an entry cost `Cost.OWN`. */
type FrameCosts = Partial<Readonly<Record<FrameNumber, number>>>;

/** What a feature adds to an Inbox. */
export interface InboxFeature {
  /** Requests from the user. Login and rate limit are checked first. */
  readonly requests?: readonly RequestHandler[];
  /** Calls from the Worker and other objects. */
  readonly calls?: readonly Handler[];
  readonly frames?: Partial<InboxFrameHandlers>;
  /** The cost of its frames that need more than this inbox, in points of the request budget. [RATE-3] */
  readonly frameCosts?: FrameCosts;
  /** A conversation has changed in the list. @param lines its new messages, as JSON @param beside what is said of them */
  readonly listChanged?: (
    before: ListEntry | undefined,
    entry: ListEntry,
    lines: readonly string[],
    beside: Beside,
  ) => void;
  /** Whether the messages of a large group are to come even while the user has no socket. */
  readonly attends?: (conversationId: string) => boolean;
  /** Sockets of the user opened or closed, at the inbox or at a conversation. */
  readonly socketsChanged?: () => void;
  /** A message is about to be sent again in another conversation. @returns its content for there */
  readonly forwarding?: (conversationId: string, message: NewMessage) => Promise<string>;
  /** The user's name or picture is about to change in D1. The change may still fail. */
  readonly profileChanging?: () => void;
  /** What this feature keeps of the user, for an export: objects with a `type`, without secrets. [EXPORT-1] */
  readonly exported?: () => readonly object[];
  /**
   * The account is being erased. Called again until it answers true: nothing is left that only this inbox knows of, such
   * as a file, or a call to others that is due. [ERASE-1]
   */
  readonly erasing?: () => boolean;
  /** Whom the user lets reach them has changed. @param userId whom it concerns; null for anyone */
  readonly consentChanged?: (userId: string | null) => void;
  /** The alarm fired, no matter which feature set it. Every wait in here must have a deadline. */
  readonly alarm?: () => void | Promise<void>;
}

/** A send and the callbacks for its answer. They run in the turn of the reply, so answers keep their order. */
export interface SendItem {
  readonly send: NewMessage;
  /** The socket that received the send. Its own message is not pushed to it. null for REST. */
  readonly socket: WebSocket | null;
  readonly done: (outcome: AppendOutcome, step: Step) => void;
  readonly failed: (error: unknown) => void;
}
