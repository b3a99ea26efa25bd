import { conversationOf, type SendBody, sendBody } from "./bodies.ts";
import { Request } from "./frames.ts";
import { ID } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import { parseData, type RequestFrame } from "./parse.ts";
import { conversationIdSchema, isObject } from "./text.ts";

const PLAIN_CLIENT_ID = new RegExp(`^[!-~]{1,${LIMITS.clientMessageIdBytes}}$`);

/**
 * Parses the data of a send. Every message passes here, so the usual form is checked by hand. Any other data goes to
 * the schema, which accepts the other forms and says what is wrong.
 * @throws NexoError INVALID_PARAMETER, naming the field.
 */
export function readSend(data: unknown): SendBody {
  return plainSend(data) ?? parseData(sendBody, data);
}

/**
 * The conversation that a frame goes to, although something else in it is wrong; undefined if its data names none.
 * @param userId who sent the frame
 */
export function conversationNamed(
  userId: string,
  frame: Pick<RequestFrame, "req_identifier" | "data">,
): string | undefined {
  const { data } = frame;
  if (!isObject(data)) return undefined;
  if (frame.req_identifier !== Request.SEND) return conversationIdSchema.safeParse(data.conversation_id).data;
  try {
    return conversationOf(userId, readSend({ ...data, client_msg_id: "-", msg_type: 1, content: {}, meta: undefined }));
  } catch {
    return undefined;
  }
}

/** A send with an id in ASCII and one receiver; undefined for any other data, valid or not. */
export function plainSend(data: unknown): SendBody | undefined {
  if (!isObject(data)) return undefined;
  const { client_msg_id, msg_type, content } = data;
  if (data.meta !== undefined) return undefined;
  if (typeof client_msg_id !== "string" || !PLAIN_CLIENT_ID.test(client_msg_id)) return undefined;
  if (typeof msg_type !== "number" || !Number.isSafeInteger(msg_type) || !isObject(content)) return undefined;
  const receiver = plainReceiver(data);
  return receiver && { client_msg_id, ...receiver, msg_type, content, meta: undefined };
}

function plainReceiver(
  data: Record<string, unknown>,
): Pick<SendBody, "recv_id" | "group_id" | "session_type"> | undefined {
  const { session_type, recv_id, group_id } = data;
  if (session_type === 1 && isId(recv_id) && group_id === undefined) return { recv_id, group_id, session_type };
  if (session_type === 2 && isId(group_id) && recv_id === undefined) return { recv_id, group_id, session_type };
  return undefined;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}
