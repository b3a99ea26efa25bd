import { Json } from "../../durable/json.ts";
import { readAuthorized } from "../../middleware/inbox.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { listMentions } from "./calls.ts";

export const mentionRoutes: Pick<Handlers, "GET /msg/mentions"> = {
  "GET /msg/mentions": async ({ query: { conversation_id, cursor, limit } }, c) => {
    const most = Math.min(limit ?? LIMITS.pullMessages, LIMITS.pullMessages);
    const asked = { user_id: c.get("login").user_id, before: cursor, limit: most };
    const { messages, next } = await readAuthorized(c, conversation_id, listMentions, asked);
    return new Page(new Json(messages), next);
  },
};
