import { askObject } from "../../core/rpc.ts";
import { unknownUsers } from "../../directory/users.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { checkContent } from "../../protocol/content.ts";
import { parseExact } from "../../protocol/exact-json.ts";
import { parseConversationId } from "../../protocol/ids.ts";
import { isObject } from "../../protocol/text.ts";
import { importMessages } from "./calls.ts";

/** The history of another server. */
export const importRoutes: Pick<Handlers, "POST /admin/messages/import"> = {
  "POST /admin/messages/import": async ({ body: { conversation_id, messages, reads = [] } }, c) => {
    const ref = parseConversationId(conversation_id);
    const unknown = ref?.type === 1 ? await unknownUsers(c.env.DB, ref.users) : [];
    if (unknown.length > 0) throw new NexoError(Code.USER_NOT_FOUND, `no user ${unknown.join(", ")}`);
    const exact = exactContents(await c.req.text());
    const checked = messages.map((message, index) => ({
      ...message,
      content: contentOf(message, exact[index], index),
    }));
    const conversation = c.env.CONVERSATION.getByName(conversation_id);
    return await askObject(conversation, importMessages, { messages: checked, reads });
  },
};

/** @throws NexoError INVALID_PARAMETER, naming the message */
function contentOf(
  { msg_type, content }: { msg_type: number; content: Record<string, unknown> },
  exact: unknown,
  index: number,
): string {
  try {
    checkContent(msg_type, content);
  } catch (error) {
    if (!(error instanceof NexoError)) throw error;
    throw new NexoError(error.code, `messages.${index}.${error.message}`);
  }
  return JSON.stringify(exact);
}

/** The contents as they are written, with all digits of their numbers. The body is valid. */
function exactContents(text: string): unknown[] {
  const body = parseExact(text);
  if (!isObject(body) || !Array.isArray(body.messages)) return [];
  return body.messages.map((message) => (isObject(message) ? message.content : undefined));
}
