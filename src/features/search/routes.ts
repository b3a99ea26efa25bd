import { askObject } from "../../core/rpc.ts";
import { searchUsers } from "../../directory/users.ts";
import { Json } from "../../durable/json.ts";
import { askOwn, authorize } from "../../middleware/inbox.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { folded } from "../../protocol/search.ts";
import { searchAll, searchMessages } from "./calls.ts";

/** A search reads up to 10,000 rows. */
const COST = 10;

/** Users that one search finds. */
const USERS = { most: 20, cost: 5 };

export const searchRoutes: Pick<Handlers, "GET /msg/search" | "GET /search" | "GET /user/search"> = {
  "GET /msg/search": async ({ query: { conversation_id, ...query } }, c) => {
    await authorize(c, COST);
    const conversation = c.env.CONVERSATION.getByName(conversation_id);
    return new Json(await askObject(conversation, searchMessages, { ...query, user_id: c.get("login").user_id }));
  },

  "GET /search": async ({ query: { q, cursor = "" } }, c) => {
    const { found, next } = await askOwn(c, searchAll, { q, cursor });
    return new Page(new Json(found), next);
  },

  "GET /user/search": async ({ query: { q } }, c) => {
    await authorize(c, USERS.cost);
    return await searchUsers(c.env.DB, q.trim(), folded(q).trim(), USERS.most);
  },
};
