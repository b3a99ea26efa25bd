import type { FrameData, PushData, PushNumber } from "../../protocol/frame-answers.ts";
import type { FrameNumber } from "../../protocol/frame-requests.ts";
import { Push, Request } from "../../protocol/frames.ts";
import type { Typed } from "../messages/content.ts";

/**
 * The fields that the SDK requires in the server's frames. Fields that later releases add do not belong here: a client
 * may be newer than its server.
 */

type FieldOf<Data> = Data extends null ? never : Extract<keyof Data, string>;

const ANSWERS: { readonly [N in FrameNumber]: readonly FieldOf<FrameData<N>>[] } = {
  [Request.NEWEST_SEQS]: ["seqs"],
  [Request.PULL_LIST]: ["messages", "max_seq"],
  [Request.SEND]: ["server_msg_id", "seq", "send_at"],
  [Request.PULL_RANGE]: ["messages", "max_seq"],
  [Request.READ_STATE]: ["max_seq", "read_seq", "unread_count"],
  [Request.MARK_READ]: ["read_seq", "prev", "cursor"],
  [Request.TYPING]: [],
  [Request.SYNC]: ["conversations", "next", "cursor", "has_more"],
  [Request.PRESENCE]: ["items"],
  [Request.BACKGROUND]: [],
  [Request.CHANGES]: ["messages", "mine", "deleted", "rev", "has_more", "reset"],
  [Request.EDIT]: ["message", "rev", "prev", "cursor"],
  [Request.RECALL]: ["results", "rev", "prev", "cursor"],
  [Request.DELETE]: ["results", "rev", "prev", "cursor"],
  [Request.REACT]: ["message", "mine", "rev"],
  [Request.PIN]: ["message", "rev", "prev", "cursor"],
};

const PUSHES: { readonly [N in PushNumber]: readonly FieldOf<PushData<N>>[] } = {
  [Push.MESSAGES]: ["msgs", "prev", "cursor"],
  [Push.SIGNED_OUT]: ["reason", "code"],
  [Push.READ]: ["conversation_id", "user_id", "read_seq", "prev", "cursor"],
  [Push.RESYNC]: [],
  [Push.PRESENCE]: ["items"],
  [Push.TYPING]: ["conversation_id", "user_id", "typing"],
  [Push.CONVERSATION]: ["conversation", "prev", "cursor"],
  [Push.CHANGED]: ["conversation_id", "since_rev", "rev", "messages", "deleted", "prev", "cursor"],
  [Push.OWN_DATA]: ["items", "since_rev", "rev"],
  [Push.DATA_ERROR]: [],
};
const pushFields = new Map<number, readonly string[]>(
  Object.entries(PUSHES).map(([number, fields]) => [Number(number), fields]),
);

/** Whether an answer has the fields that the SDK needs. */
export function isAnswer<N extends FrameNumber>(kind: N, data: unknown): data is Typed<FrameData<N>> {
  return hasFields(data, ANSWERS[kind]);
}

/** A push as received: its number determines the type of its data. */
export type TypedPush = {
  [N in PushNumber]: { readonly req_identifier: N; readonly data: Typed<PushData<N>> };
}[PushNumber];

/** Whether a frame is a push that the SDK knows, with the fields that it needs. */
export function isPush<F extends { readonly req_identifier: number; readonly data: unknown }>(
  frame: F,
): frame is F & TypedPush {
  const fields = pushFields.get(frame.req_identifier);
  return fields !== undefined && (fields.length === 0 || hasFields(frame.data, fields));
}

function hasFields(data: unknown, fields: readonly string[]): boolean {
  return typeof data === "object" && data !== null && fields.every((field) => field in data);
}
