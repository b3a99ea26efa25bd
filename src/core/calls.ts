import type { SocketSign } from "../durable/sockets.ts";
import type { Login } from "../durable/upgrade.ts";
import type { Code } from "../protocol/codes.ts";
import type { Millis } from "../protocol/model.ts";
import { declareCall } from "./call.ts";
import type { Version } from "./member.ts";
import type { UserResult } from "./plan.ts";

/**
 * What the objects say to each other. Payloads only ever grow: a field is added as optional, none
 * changes its meaning, so that two releases can talk while a deploy rolls out.
 */

/** A checked message on its way to its seq. */
export interface NewMessage {
  readonly client_msg_id: string;
  readonly msg_type: number;
  /** JSON text. */
  readonly content: string;
  /** The conversation's own socket that it came by, where it took the way over the inbox. */
  readonly socket_id?: string;
}

/** Sends of one user to one conversation, in order. */
export interface AppendCall {
  readonly user_id: string;
  /** How far the caller's inbox knows the conversation; null where no inbox asks (a conversation's socket). */
  readonly mark: Version | null;
  readonly sends: readonly NewMessage[];
  /** How many new messages the user's rate allows. */
  readonly allowance: number;
  /** Seconds until it allows one more. */
  readonly retry_after?: number;
  /** Whether a single chat may come into being: the peer exists and the user's budget allows it. */
  readonly founding: boolean;
}

export type AppendOutcome =
  | {
      readonly ok: true;
      readonly seq: number;
      readonly server_msg_id: number;
      readonly send_at: Millis;
      /** The message as JSON. */
      readonly line: string;
    }
  | {
      readonly ok: false;
      readonly code: Code;
      readonly message: string;
      /** Seconds; beside TOO_MANY_REQUESTS. */
      readonly retry_after?: number;
    };

export interface AppendReply {
  /** One for each send, in order. */
  readonly outcomes: readonly AppendOutcome[];
  /** How much of the allowance was used: retries and refusals use none. */
  readonly spent: number;
  /** Whether this call brought the conversation into being. */
  readonly founded: boolean;
  /** An encoded tell for the caller's inbox; null when it names no mark or has all. */
  readonly tell: string | null;
}

/** A change of a conversation by one of its users, and how far their inbox knows it. */
export interface OperateCall {
  readonly user_id: string;
  readonly mark: Version;
  /** The name of an operation that a feature declares, and what it takes. */
  readonly operation: string;
  readonly input: unknown;
  /** How many notices the user's rate allows, which counts them as sends. */
  readonly allowance?: number;
  /** Seconds until it allows one more. */
  readonly retry_after?: number;
}

export interface OperateReply {
  readonly results: readonly UserResult[];
  /** The caller's mark after the call. */
  readonly read_seq: number;
  /** How many notices it made. */
  readonly spent?: number;
  readonly tell: string | null;
}

/** Why a login is over, for sockets that conversations hold. */
export interface LoginEnd {
  readonly login_id: string;
  readonly reason: "new_login" | "logout" | "password" | "expired";
}

/** What a conversation's socket may do before it asks again. */
export interface Grant {
  readonly sends: number;
  /** Sends that turn out not to be new; absent in what an older inbox grants. */
  readonly retries?: number;
  /** Frames that are no sends; absent in what an older inbox grants. */
  readonly requests?: number;
  readonly until: Millis;
}

/** What a conversation's socket has left of its grant when it asks for another. */
export type Unused = Partial<Omit<Grant, "until">>;

/** A new grant, and until when (Unix seconds) the login now lives: a refresh may not have reached the conversation. */
export interface Renewal extends Grant {
  readonly exp: number;
}

/** What inboxes ask a Conversation about the sockets that it holds, and tell it of their logins. */
export const SOCKET_CALLS = {
  /** A login is over: its sockets are told and closed, and one that is just opening is refused. */
  loginEnded: declareCall<LoginEnd, void>("sockets.login_ended"),
  /** A refreshed login lives on to exp (Unix seconds). */
  loginExtended: declareCall<{ readonly login_id: string; readonly exp: number }, void>("sockets.login_extended"),
  /** Those of some sockets that are open: their closing may have been missed, or never have come. */
  signs: declareCall<readonly string[], readonly SocketSign[]>("sockets.signs"),
  /** Closes a silent socket, whose place another of its user's takes. */
  giveUp: declareCall<string, void>("sockets.give_up"),
};

/** A socket that a conversation holds for a user. */
export interface HeldSocket {
  readonly login_id: string;
  readonly conversation_id: string;
  readonly socket_id: string;
}

/** What a Conversation asks a user's inbox about the sockets that it opens. */
export const HELD_SOCKET_CALLS = {
  /** Remembers a socket that is about to open. @throws TOKEN_INVALID, TOO_MANY_CONNECTIONS, TOO_MANY_REQUESTS */
  open: declareCall<{ readonly login: Login; readonly conversation_id: string; readonly socket_id: string }, Grant>(
    "held_sockets.open",
  ),
  /** Grants more, if the login lives. @throws TOKEN_INVALID */
  renew: declareCall<HeldSocket & { readonly unused: Unused }, Renewal>("held_sockets.renew"),
  closed: declareCall<{ readonly socket_id: string }, void>("held_sockets.closed"),
  /** Sends what came by the socket of a conversation that is not there yet. Answers the message as JSON. */
  sendFirst: declareCall<
    { readonly login_id: string; readonly conversation_id: string; readonly send: NewMessage },
    string
  >("held_sockets.send_first"),
};
