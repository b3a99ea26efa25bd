import { askObject } from "../../core/rpc.ts";
import { Json } from "../../durable/json.ts";
import { authorize } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { searchMessages } from "./calls.ts";

/** A search reads up to 10,000 rows. */
const COST = 10;

export const searchRoutes: Pick<Handlers, "GET /msg/search"> = {
  "GET /msg/search": async ({ query: { conversation_id, ...query } }, c) => {
    await authorize(c, COST);
    const conversation = c.env.CONVERSATION.getByName(conversation_id);
    return new Json(await askObject(conversation, searchMessages, { ...query, user_id: c.get("login").user_id }));
  },
};
