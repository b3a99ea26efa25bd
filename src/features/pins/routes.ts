import { Json } from "../../durable/json.ts";
import { askOwn, readAuthorized } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { listPins, pin } from "./calls.ts";

export const pinRoutes: Pick<Handlers, "POST /msg/pin" | "GET /msg/pins"> = {
  "POST /msg/pin": async ({ body }, c) => new Json(await askOwn(c, pin.request, body)),

  "GET /msg/pins": async ({ query: { conversation_id } }, c) =>
    new Json(await readAuthorized(c, conversation_id, listPins, { user_id: c.get("login").user_id })),
};
