import type { Context } from "hono";
import { Json } from "../../durable/json.ts";
import { ask } from "../../durable/rpc.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { authorizedRead, ownInbox } from "../../middleware/inbox.ts";
import { type HandlersBelow, Page } from "../../middleware/route.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { ReadState } from "../../protocol/model.ts";

export const conversation: HandlersBelow<"conversation"> = {
  "GET /conversation/list": async ({ query: { cursor = "", limit = LIMITS.listConversations } }, c) => {
    const { conversations, next } = await ask(ownInbox(c).list(c.get("login"), cursor, limit));
    return new Page(new Json(conversations), next);
  },

  "GET /conversation/info": async ({ query: { conversation_id } }, c) =>
    new Json(await ask(ownInbox(c).conversation(c.get("login"), conversation_id))),

  "PUT /conversation/update": async ({ query: { conversation_id }, body }, c) => {
    await ask(ownInbox(c).configure(c.get("login"), conversation_id, body));
    return null;
  },

  "POST /conversation/mark_read": async ({ body: { conversation_id, read_seq } }, c) => {
    await ask(ownInbox(c).operate(c.get("login"), conversation_id, { type: "mark_read", read_seq }));
    return null;
  },

  "GET /conversation/max_read_seq": async ({ query: { conversation_id } }, c) => {
    const { max_seq, read_seq, unread_count } = await readStateOf(c, conversation_id);
    return { max_seq, read_seq, unread_count };
  },

  "GET /conversation/unread_count": async ({ query: { conversation_id, read_seq } }, c) => {
    const login = c.get("login");
    if (conversation_id === undefined) return await ask(ownInbox(c).totals(login));
    const { unread_count } = await readStateOf(c, conversation_id, read_seq);
    return { unread_count };
  },
};

function readStateOf(c: Context<AppEnv>, conversationId: string, readSeq?: number): Promise<ReadState> {
  return authorizedRead(c, () =>
    c.env.CONVERSATION.getByName(conversationId).readState(c.get("login").user_id, readSeq),
  );
}
