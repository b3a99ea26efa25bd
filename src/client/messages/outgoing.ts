import { Code } from "../../protocol/codes.ts";
import { parseConversationId } from "../../protocol/ids.ts";
import { NexoClientError } from "../errors.ts";

/** What a sender says beside the content of a message. */
export interface SendMeta {
  /** The seq of the message that it replies to. */
  readonly reply_to?: number | undefined;
  /** The users whom it mentions, at most 50. */
  readonly mentions?: readonly string[] | undefined;
  /** Mentions everyone; only an owner or an admin may. */
  readonly mention_all?: boolean | undefined;
}

/** A message that is being sent. */
export interface Outgoing {
  readonly client_msg_id: string;
  readonly conversation_id: string;
  readonly msg_type: number;
  readonly content: Readonly<Record<string, unknown>>;
  /** What is said beside the content; null for most. */
  readonly meta: SendMeta | null;
  /** The conversation's rev when the message was queued: what became of the message has a higher one. */
  readonly rev: number;
  readonly created_at: number;
  /** Its position among messages with the same creation time. */
  readonly order: number;
  readonly status: "pending" | "failed";
  /** Why the message was refused; set only while it is failed. */
  readonly error: { readonly code: number; readonly message: string } | null;
}

/** Larger values of `order` were not produced by counting and are rejected. */
const MAX_ORDER = 2 ** 50;

/**
 * Reads a message from the storage or from another tab. Returns null if it is not a valid message of this user: other
 * writers and other releases of the SDK are not trusted with what is shown and sent. [OUT-1]
 */
export function readOutgoing(value: unknown, userId: string): Outgoing | null {
  if (!isRecord(value)) return null;
  const { client_msg_id, conversation_id, msg_type, content, created_at, order, status, error } = value;
  const { meta, rev } = value;
  if (typeof client_msg_id !== "string" || client_msg_id === "") return null;
  if (typeof conversation_id !== "string" || !isOwn(conversation_id, userId)) return null;
  if (!isCount(msg_type) || !isRecord(content) || !isCount(created_at) || !isCount(order) || order > MAX_ORDER)
    return null;
  const message = {
    client_msg_id,
    conversation_id,
    msg_type,
    content,
    meta: isRecord(meta) ? meta : null,
    rev: isCount(rev) ? rev : 0,
    // A clock that was ahead must not affect the dates of later messages.
    created_at: Math.min(created_at, Date.now()),
    order,
  };
  if (status === "pending") return { ...message, status, error: null };
  if (status !== "failed" || !isRecord(error)) return null;
  const { code, message: reason } = error;
  if (typeof code !== "number" || typeof reason !== "string") return null;
  return { ...message, status, error: { code, message: reason } };
}

/** Later changes by the app do not affect what is sent: a retry sends the same. @throws NexoClientError */
export function copyOf<T>(sent: T): T {
  try {
    return JSON.parse(JSON.stringify(sent));
  } catch (cause) {
    throw new NexoClientError(Code.INVALID_PARAMETER, "content: must be JSON", { cause });
  }
}

/** Sorts oldest first, in the same order in every tab. */
export function inOrder(a: Outgoing, b: Outgoing): number {
  return a.created_at - b.created_at || a.order - b.order || (a.client_msg_id < b.client_msg_id ? -1 : 1);
}

/** Whether `a` was queued after `b`: of two reports on one message, the one on the later try counts. */
export function isLater(a: Outgoing, b: Outgoing): boolean {
  return a.created_at > b.created_at || (a.created_at === b.created_at && a.order > b.order);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Whether it is a group conversation, or a single chat of this user. */
function isOwn(conversationId: string, userId: string): boolean {
  const ref = parseConversationId(conversationId);
  return ref !== null && (ref.type === 2 || ref.users.includes(userId));
}
