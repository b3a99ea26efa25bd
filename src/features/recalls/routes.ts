import { Json } from "../../durable/json.ts";
import { askOwn } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { recall } from "./calls.ts";

export const recallRoutes: Pick<Handlers, "POST /msg/recall"> = {
  "POST /msg/recall": async ({ body }, c) => new Json(await askOwn(c, recall.request, body)),
};
