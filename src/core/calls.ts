import type { GroupOperation, UserResult } from "../features/groups/operations.ts";
import type { Code } from "../protocol/codes.ts";
import type { Card, Millis } from "../protocol/model.ts";
import type { Version } from "./member.ts";

/**
 * What the objects say to each other. Payloads only ever grow: a field is added as optional, none
 * changes its meaning, so that two releases can talk while a deploy rolls out.
 */

/** A verified token: whose it is, on which platform, which login and which of its tokens. */
export interface Login {
  readonly user_id: string;
  readonly platform_id: number;
  readonly login_id: string;
  readonly token_id: string;
  /** Unix seconds, as in the token. */
  readonly exp: number;
}

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
  readonly operation: GroupOperation | { readonly type: "mark_read"; readonly read_seq: number };
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

/** The first members of a group and its owner, who is one of them. */
export interface CreateGroupCall {
  readonly owner_id: string;
  readonly member_ids: readonly string[];
  /** What the group is called; absent from releases that did not say so. */
  readonly card?: Card | undefined;
}

/** Why a login is over, for sockets that conversations hold. */
export interface LoginEnd {
  readonly login_id: string;
  readonly reason: "new_login" | "logout" | "password" | "expired";
}

/** What there is to see of a socket's client. */
export interface SocketSign {
  readonly socket_id: string;
  readonly platform_id: number;
  /** When it last pinged or sent a frame, or was opened. */
  readonly heard_at: Millis;
  /** Not where its login has expired, or where it used to ping and stopped. */
  readonly looks_alive: boolean;
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

/** What the Conversation knows of its group. */
export interface GroupFacts {
  readonly status: 1 | 2;
  readonly owner_user_id: string;
  readonly member_count: number;
}
