import { Json } from "../../durable/json.ts";
import { askOwn } from "../../middleware/inbox.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { configureConversation, conversationInfo, listConversations, syncConversations } from "./calls.ts";

export const conversationRoutes: Pick<
  Handlers,
  "GET /conversation/list" | "GET /conversation/info" | "PUT /conversation/update" | "GET /sync"
> = {
  "GET /conversation/list": async ({ query: { cursor = "", limit = LIMITS.listConversations } }, c) => {
    const { conversations, next } = await askOwn(c, listConversations, { cursor, limit });
    return new Page(new Json(conversations), next);
  },

  "GET /conversation/info": async ({ query }, c) => new Json(await askOwn(c, conversationInfo, query)),

  "PUT /conversation/update": async ({ query: { conversation_id }, body }, c) => {
    await askOwn(c, configureConversation, { conversation_id, ...body });
    return null;
  },

  "GET /sync": async ({ query }, c) => new Json(await askOwn(c, syncConversations, query)),
};
