import { Json } from "../../durable/json.ts";
import { ask } from "../../durable/rpc.ts";
import { ownInbox } from "../../middleware/inbox.ts";
import type { HandlersBelow } from "../../middleware/route.ts";

export const sync: HandlersBelow<"sync"> = {
  "GET /sync": async ({ query }, c) => new Json(await ask(ownInbox(c).sync(c.get("login"), query))),
};
