import type { SocketSign } from "../durable/sockets.ts";
import type { Login } from "../durable/upgrade.ts";
import { Code } from "../protocol/codes.ts";
import type { MessageMeta, Millis } from "../protocol/model.ts";
import { declareCall } from "./call.ts";
import type { UserResult } from "./plan.ts";
import type { ReportedVersion } from "./version.ts";

/**
 * The payloads of calls between objects. Payloads only ever grow: new fields are optional, and no field
 * changes its meaning, so that two releases can talk to each other while a deploy rolls out.
 */

/** What a sender says beside the content. `forwarded` is said by the server alone. */
export interface SendMeta {
  readonly reply_to?: number | undefined;
  readonly mentions?: readonly string[] | undefined;
  readonly mention_all?: boolean | undefined;
  readonly forwarded?: MessageMeta["forwarded"];
}

/** A validated message that has no seq yet. */
export interface NewMessage {
  readonly client_msg_id: string;
  readonly msg_type: number;
  /** JSON text. */
  readonly content: string;
  readonly meta?: SendMeta | undefined;
  /** False if the sender has not seen it, nor what came before: the backend of an application sent it. */
  readonly sender_read?: boolean | undefined;
  /** Why the application refused it. A retry of a message that is known is answered all the same. */
  readonly denied?: string;
  /** The conversation's own socket that received the message, if it was then sent through the inbox. */
  readonly socket_id?: string;
}

/** A message that another server took before. */
export interface ImportedMessage extends Pick<NewMessage, "client_msg_id" | "msg_type" | "content"> {
  readonly seq: number;
  readonly sender_id: string;
  readonly send_at: Millis;
}

/** Sends of one user to one conversation, in order. */
export interface AppendCall {
  readonly user_id: string;
  /** The version that the caller's inbox has; null if the caller is not an inbox (a conversation's socket). */
  readonly mark: ReportedVersion | null;
  readonly sends: readonly NewMessage[];
  /** How many new messages the user's rate limit allows. */
  readonly allowance: number;
  /** Seconds until the rate limit allows one more. */
  readonly retry_after?: number;
  /** Whether a single chat may be created: the peer exists and the user's budget allows it. */
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
      /** Seconds; only with TOO_MANY_REQUESTS, and NOT_ALLOWED by slow mode. */
      readonly retry_after?: number;
    };

export interface AppendReply {
  /** One for each send, in order. */
  readonly outcomes: readonly AppendOutcome[];
  /** How much of the allowance was used. Retries and refused sends use nothing. */
  readonly spent: number;
  /** Whether this call created the conversation. */
  readonly founded: boolean;
  /** An encoded update for the caller's inbox; null if the call has no mark, or the inbox already knows everything. */
  readonly tell: string | null;
}

/** A change of a conversation by one of its users, with the version that the user's inbox has. */
export interface OperateCall {
  readonly user_id: string;
  readonly mark: ReportedVersion;
  /** The name of an operation that a feature declares; `input` is its input. */
  readonly operation: string;
  readonly input: unknown;
  /** How many notices the user's rate limit allows. Notices count as sends. */
  readonly allowance?: number;
  /** Seconds until the rate limit allows one more. */
  readonly retry_after?: number;
}

export interface OperateReply {
  readonly results: readonly UserResult[];
  /** The caller's mark after the call. */
  readonly read_seq: number;
  /** How many notices the operation made; of an operation on messages, 1 if it changed any. */
  readonly spent?: number;
  /** What the client is answered, as a JSON object without the step of its cursor. */
  readonly answer?: string | undefined;
  readonly tell: string | null;
}

/** A login that ended and the reason, for the sockets that conversations hold. */
export interface LoginEnd {
  readonly login_id: string;
  readonly reason: "new_login" | "logout" | "password" | "expired" | "banned" | "erased";
}

/** The code that the sockets of an ended login are told. */
export function endCode(reason: LoginEnd["reason"]): Code {
  if (reason === "expired") return Code.TOKEN_EXPIRED;
  return reason === "banned" || reason === "erased" ? Code.ACCOUNT_GONE : Code.TOKEN_INVALID;
}

/** What a conversation's socket may do before it must ask for a new grant. */
export interface Grant {
  readonly sends: number;
  /** Sends that turn out to be retries; absent in a grant from an inbox of an older release. */
  readonly retries?: number;
  /** Frames other than sends; absent in a grant from an inbox of an older release. */
  readonly requests?: number;
  /** Operations on messages; absent in a grant from an inbox of an older release. */
  readonly operations?: number;
  readonly until: Millis;
}

/** The unused part of a socket's grant when the socket asks for another grant. */
export type Unused = Partial<Omit<Grant, "until">>;

/** A new grant and the login's expiry (Unix seconds): the conversation may not have heard of a refresh yet. */
export interface Renewal extends Grant {
  readonly exp: number;
}

/** Calls from inboxes to a Conversation about the sockets that it holds and their logins. */
export const SOCKET_CALLS = {
  /** A login ended: its sockets are told and closed, and a socket that is just opening is refused. */
  loginEnded: declareCall<LoginEnd, void>("sockets.login_ended"),
  /** A refreshed login is valid until exp (Unix seconds). */
  loginExtended: declareCall<{ readonly login_id: string; readonly exp: number }, void>("sockets.login_extended"),
  /** Answers which of these sockets are open. The inbox may have missed a close, or no close was ever reported. */
  signs: declareCall<readonly string[], readonly SocketSign[]>("sockets.signs"),
  /** Closes a silent socket to make room for another socket of the same user. */
  giveUp: declareCall<string, void>("sockets.give_up"),
};

/** A socket that a conversation holds for a user. */
export interface HeldSocket {
  readonly login_id: string;
  readonly conversation_id: string;
  readonly socket_id: string;
}

/** Calls from a Conversation to a user's inbox about the sockets that it opens. */
export const HELD_SOCKET_CALLS = {
  /** Remembers a socket that is about to open. @throws TOKEN_INVALID, TOO_MANY_CONNECTIONS, TOO_MANY_REQUESTS */
  open: declareCall<{ readonly login: Login; readonly conversation_id: string; readonly socket_id: string }, Grant>(
    "held_sockets.open",
  ),
  /** Gives a new grant, if the login is still valid. @throws TOKEN_INVALID */
  renew: declareCall<HeldSocket & { readonly unused: Unused }, Renewal>("held_sockets.renew"),
  closed: declareCall<{ readonly socket_id: string }, void>("held_sockets.closed"),
  /** Sends a message received on the socket of a conversation that does not exist yet. Returns the message as JSON. */
  sendFirst: declareCall<
    { readonly login_id: string; readonly conversation_id: string; readonly send: NewMessage },
    string
  >("held_sockets.send_first"),
};
