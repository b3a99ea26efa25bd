import * as z from "zod";
import { messagesChanged, pulled } from "./amend-answers.ts";
import { AMEND_FRAMES } from "./amend-routes.ts";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";
import type { FrameNumber } from "./frame-requests.ts";
import { Push } from "./frames.ts";
import { ownDataChanged } from "./own-data-answers.ts";

/** The answer to a frame. */
export interface FrameAnswer {
  readonly answer: z.ZodType;
  /** The codes of this frame, without those that `frameCodes` adds to all frames. */
  readonly codes: readonly Code[];
  /** How docs/PROTOCOL.md describes `data` of the request and of the answer. */
  readonly takes: string;
  readonly gives: string;
  readonly isNew?: true;
}

/** Every answer to a frame, by the keys of FRAMES. For tests and documents: bundles import its types only. */
export const FRAME_ANSWERS = {
  1001: {
    answer: answers.newestSeqs,
    codes: [],
    takes: "`{conversation_ids?}` (at most 2,000)",
    gives: "`{seqs: {id: max_seq}}`; none or `[]` asks for all; those not in your list are left out",
  },
  1002: {
    answer: pulled,
    codes: [Code.NO_PERMISSION],
    takes: "`{conversation_id, seq_list, with?}` (at most 100)",
    gives: "as 1005, by seq; messages that you do not see are left out. Without seq_list a range, as 1005",
  },
  1003: {
    answer: answers.sent,
    codes: [
      Code.TOO_LARGE,
      Code.USER_NOT_FOUND,
      Code.GROUP_NOT_FOUND,
      Code.GROUP_DISMISSED,
      Code.NOT_A_MEMBER,
      Code.NOT_ACCEPTED,
      Code.NOT_ADMIN,
      Code.MUTED,
      Code.NOT_ALLOWED,
      Code.REFUSED_BY_APP,
    ],
    takes: "as POST /msg/send",
    gives: "`{server_msg_id, conversation_id, seq, client_msg_id, send_at, prev, cursor}`",
  },
  1005: {
    answer: pulled,
    codes: [Code.NO_PERMISSION],
    takes: "as GET /msg/pull, numbers as JSON",
    gives: "`{messages, max_seq, rev, mine, deleted}`, and `quoted` where `with` asks for it",
  },
  1006: {
    answer: answers.readState,
    codes: [Code.NO_PERMISSION],
    takes: "`{conversation_id}`",
    gives: "`{max_seq, rev, read_seq, unread_count}`",
  },
  1007: {
    answer: answers.marked,
    codes: [Code.NO_PERMISSION],
    takes: "`{conversation_id, read_seq}`",
    gives: "`{read_seq, prev, cursor}`; the current mark",
    isNew: true,
  },
  1008: {
    answer: z.strictObject({}),
    codes: [Code.NO_PERMISSION, Code.GROUP_DISMISSED],
    takes: "`{conversation_id, typing}` (true or false)",
    gives: "`{}`",
    isNew: true,
  },
  1009: {
    answer: answers.synced,
    codes: [],
    takes: "`{since, page?, limit?}`",
    gives: "`{conversations, next, cursor, has_more, server_time}`",
    isNew: true,
  },
  1010: {
    answer: answers.presences,
    codes: [],
    takes: "`{user_ids}` (at most 100)",
    gives:
      "`{items}`, one for each user, as `/user/get_users_online_status` gives them; from then on this socket gets pushes (2005) of these users only. Users are shown offline while you share no conversation with them",
    isNew: true,
  },
  ...AMEND_FRAMES,
  1017: {
    answer: z.strictObject({}),
    codes: [],
    takes: "`{background}` (true or false)",
    gives: "`{}`; while it is true, this socket does not keep push notifications from its device",
    isNew: true,
  },
} as const satisfies Readonly<Record<FrameNumber, FrameAnswer>>;

/** Codes that the server may answer to every frame. */
const EVERYWHERE = [
  Code.INVALID_PARAMETER,
  Code.INTERNAL,
  Code.TOO_MANY_REQUESTS,
  Code.SHUTTING_DOWN,
  Code.TOKEN_INVALID,
  Code.TOKEN_MISMATCH,
] as const;

/** Every code except 0 that the server may answer to a frame, in order. */
export function frameCodes(number: FrameNumber): Code[] {
  return [...new Set<Code>([...EVERYWHERE, ...FRAME_ANSWERS[number].codes])].sort((a, b) => a - b);
}

/** A frame that the server sends without a request. */
export interface PushContent {
  readonly name: string;
  readonly data: z.ZodType;
  /** Its err_code. */
  readonly code: Code;
  /** How docs/PROTOCOL.md describes its `data` and its receivers. */
  readonly gives: string;
  readonly to: string;
  readonly isNew?: true;
}

/** Every push, by its req_identifier. */
export const PUSHES = {
  [Push.MESSAGES]: {
    name: "messages",
    data: answers.newMessages,
    code: Code.OK,
    gives: "`{msgs: {conversation_id: [message…]}, revs: {conversation_id: rev}, prev, cursor}`, oldest first",
    to: "every socket of every member except the one that sent it",
  },
  [Push.SIGNED_OUT]: {
    name: "signed out",
    data: answers.signedOut,
    code: Code.OK,
    gives: "`{reason, code}`, then close 4001 or 4003",
    to: "the login's sockets. reason: `new_login`, `logout`, `password`, `banned`, `erased`, `expired`, `refused`",
  },
  [Push.READ]: {
    name: "read",
    data: answers.markMoved,
    code: Code.OK,
    gives: "`{conversation_id, user_id, read_seq, prev, cursor}`",
    to: "the reader's other sockets; in a single chat the peer's, too",
    isNew: true,
  },
  [Push.RESYNC]: {
    name: "resync",
    data: answers.resync,
    code: Code.OK,
    gives: "`{reason}`",
    to: "a socket that asked to sync from a cursor that this inbox never gave",
    isNew: true,
  },
  [Push.PRESENCE]: {
    name: "presence",
    data: answers.presences,
    code: Code.OK,
    gives: "`{items}`",
    to: "the user's sockets that watch one of these users, within a second of the change; also when the first shared conversation begins or the last one ends",
    isNew: true,
  },
  [Push.TYPING]: {
    name: "typing",
    data: answers.typed,
    code: Code.OK,
    gives: "`{conversation_id, user_id, typing}`",
    to: "the other active members who are online",
    isNew: true,
  },
  [Push.CONVERSATION]: {
    name: "conversation changed",
    data: answers.conversationChanged,
    code: Code.OK,
    gives: "`{conversation, prev, cursor}`",
    to: "the user's own sockets",
    isNew: true,
  },
  [Push.CHANGED]: {
    name: "messages changed",
    data: messagesChanged,
    code: Code.OK,
    gives: "`{conversation_id, since_rev, rev, messages, mine, deleted, prev, cursor}`",
    to: "every socket of the conversation; the user's own sockets after a recall, an edit of the newest message, an edit of mentions, and what the user deleted for themselves",
    isNew: true,
  },
  [Push.OWN_DATA]: {
    name: "own data changed",
    data: ownDataChanged,
    code: Code.OK,
    gives: "`{items: [{key, value, rev}], since_rev, rev}`",
    to: "the user's own sockets",
    isNew: true,
  },
  [Push.DATA_ERROR]: {
    name: "data error",
    data: answers.nothing,
    code: Code.INVALID_PROTOCOL,
    gives: "null; `err_code` 5003",
    to: "a socket that sent data that is not a frame",
  },
} as const satisfies Readonly<Record<(typeof Push)[keyof typeof Push], PushContent>>;

/** The req_identifier of a push. */
export type PushNumber = keyof typeof PUSHES;

/** Every frame that clients send, by number. */
export function frameNumbers(): FrameNumber[] {
  return Object.keys(FRAME_ANSWERS)
    .map(Number)
    .filter((number): number is FrameNumber => number in FRAME_ANSWERS);
}

/** Every push, by number. */
export function pushNumbers(): PushNumber[] {
  return Object.keys(PUSHES)
    .map(Number)
    .filter((number): number is PushNumber => number in PUSHES);
}

/** The `data` of a frame's answer, and of a push. */
export type FrameData<N extends FrameNumber> = z.output<(typeof FRAME_ANSWERS)[N]["answer"]>;
export type PushData<N extends PushNumber> = z.output<(typeof PUSHES)[N]["data"]>;
