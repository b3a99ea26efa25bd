import { Json } from "../../durable/json.ts";
import { askOwn } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { deleteForMe } from "./calls.ts";

export const deletionRoutes: Pick<Handlers, "POST /msg/delete"> = {
  "POST /msg/delete": async ({ body }, c) => new Json(await askOwn(c, deleteForMe.request, body)),
};
