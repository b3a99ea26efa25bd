import type { FrameHandlers } from "../durable/frame-handlers.ts";
import type { Metrics } from "../durable/metrics.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { Env, Settings } from "../env.ts";
import type { Card, Millis } from "../protocol/model.ts";
import type { Call, Operation } from "./call.ts";
import type { AppendOutcome, LoginEnd, NewMessage, OperateReply } from "./calls.ts";
import type { ListEntry } from "./list/entry.ts";
import type { ConversationList, Step } from "./list/list.ts";
import type { InboxStore } from "./list/store.ts";
import type { Logins } from "./logins.ts";
import type { Charge } from "./rates/charges.ts";
import type { Rates } from "./rates/rates.ts";
import type { Handler, RequestHandler } from "./rpc.ts";

/** One open socket of a user, here or at a conversation. */
export interface Connection {
  readonly platform_id: number;
  readonly socket_id: string;
}

/** The sockets that conversations hold for the user. */
export interface HeldSockets {
  /** Lets every conversation that holds a socket of these logins know; waits for them, but not long. */
  ended(ends: readonly LoginEnd[]): Promise<void>;
  /** A refreshed login lives on where it has sockets. */
  extended(loginId: string, exp: number): Promise<void>;
  /** Reaches conversations that have not heard of an ended login yet. */
  drain(): Promise<void>;
  /** Holds the records against what conversations say. */
  check(): Promise<void>;
  /** The same, unless that was done within the last minute. */
  checkIfOld(): Promise<void>;
}

/** Conversations that this user brings into being. */
export interface Founding {
  /** Whether there is no single chat with somebody yet. */
  isStranger(userId: string): boolean;
  isUnderWay(conversationId: string): boolean;
  /** How many groups are being made. */
  readonly groupsUnderWay: number;
  /** Runs the work by which a conversation comes into being, so that the list knows whose doing it is. */
  during<T>(conversationId: string, work: () => Promise<T>): Promise<T>;
}

/** The way from an inbox to its conversations. */
export interface Outbound {
  readonly founding: Founding;
  /** Sends a message. @returns it as JSON; for a retry the first one's. @throws NexoError, contract's order */
  send(conversationId: string, send: NewMessage): Promise<string>;
  /** Asks a conversation, after all that was sent to it before. @throws NexoError as the call */
  ask<Input, Output>(conversationId: string, call: Call<Input, Output>, input: Input): Promise<Output>;
  /**
   * Carries out an operation, after all that was sent before. The list shows it once this resolves.
   * @param charge takes what it may use of the user's rates
   */
  operate<Input>(
    conversationId: string,
    operation: Operation<Input>,
    input: Input,
    options?: { readonly asker?: WebSocket | null; readonly charge?: () => Charge },
  ): Promise<Omit<OperateReply, "tell"> & Step>;
}

/** What comes into the list, and from there to the user's sockets. */
export interface Inbound {
  /** The entry of a conversation, brought up to date. @throws NO_PERMISSION, CONVERSATION_NOT_FOUND */
  refreshed(conversationId: string): Promise<ListEntry>;
  /** An entry was changed by the user or by its peer: pushes it, where a name is known to show. */
  changed(conversationId: string, step: Step | null, card: Card | undefined): void;
}

/** What a feature of an Inbox stands on. */
export interface InboxContext {
  readonly env: Env;
  readonly settings: Settings;
  readonly userId: string;
  readonly store: InboxStore;
  readonly list: ConversationList;
  readonly sockets: Sockets;
  readonly logins: Logins;
  readonly rates: Rates;
  readonly heldSockets: HeldSockets;
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  readonly metrics: Metrics;
  /** Makes the inbox of a new user; a repeat changes nothing. */
  readonly create: () => void;
  /** All sockets of the user that look alive, those that conversations hold too. */
  readonly connections: () => readonly Connection[];
  /** Makes sure that `alarm` is called at this time, or before. */
  readonly wakeAt: (time: Millis) => void;
  /** To be called when sockets closed, or are to be seen otherwise. */
  readonly socketsChanged: () => void;
}

/** What the frames of a user's socket are answered; each is given the socket that it came by. */
export type InboxFrameHandlers = FrameHandlers<"user", WebSocket>;

/** What a capability adds to an Inbox. */
export interface InboxFeature {
  /** By the user, whose login and rate are checked first. */
  readonly requests?: readonly RequestHandler[];
  /** By the Worker and other objects. */
  readonly calls?: readonly Handler[];
  readonly frames?: Partial<InboxFrameHandlers>;
  /** A conversation has changed in the list. @param lines the messages that are new of it, as JSON */
  readonly listChanged?: (before: ListEntry | undefined, entry: ListEntry, lines: readonly string[]) => void;
  /** Sockets of the user opened or closed, here or at a conversation. */
  readonly socketsChanged?: () => void;
  /** The alarm rang, whoever set it. Waits for nothing without a deadline. */
  readonly alarm?: () => void | Promise<void>;
}

/** A send and who waits for its answer. Callbacks run in the turn of the reply, so answers keep their order. */
export interface SendItem {
  readonly send: NewMessage;
  /** The socket it came by, which is not pushed its own message; null for REST. */
  readonly socket: WebSocket | null;
  readonly done: (outcome: AppendOutcome, step: Step) => void;
  readonly failed: (error: unknown) => void;
}
