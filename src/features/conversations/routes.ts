import { Json } from "../../durable/json.ts";
import { askOwn } from "../../middleware/inbox.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { LIMITS } from "../../protocol/limits.ts";
import {
  configureConversation,
  conversationInfo,
  listConversations,
  removeConversation,
  syncConversations,
} from "./calls.ts";

export const conversationRoutes: Pick<
  Handlers,
  | "GET /conversation/list"
  | "GET /conversation/info"
  | "PUT /conversation/update"
  | "POST /conversation/delete"
  | "POST /conversation/clear"
  | "GET /sync"
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

  "POST /conversation/delete": async ({ body: { conversation_id, clear = false } }, c) => {
    await askOwn(c, removeConversation, { conversation_id, clear, leave: true });
    return null;
  },

  "POST /conversation/clear": async ({ body: { conversation_id } }, c) => {
    await askOwn(c, removeConversation, { conversation_id, clear: true, leave: false });
    return null;
  },

  "GET /sync": async ({ query }, c) => new Json(await askOwn(c, syncConversations, query)),
};
