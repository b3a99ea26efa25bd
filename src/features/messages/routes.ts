import { Json } from "../../durable/json.ts";
import { askOwn, readAuthorized } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { conversationOf } from "../../protocol/bodies.ts";
import { checkContent } from "../../protocol/content.ts";
import { changes, pull, sendMessage } from "./calls.ts";

export const messageRoutes: Pick<Handlers, "POST /msg/send" | "GET /msg/pull" | "GET /msg/changes"> = {
  "POST /msg/send": async ({ body: sent }, c) => {
    const conversation_id = conversationOf(c.get("login").user_id, sent);
    const content = checkContent(sent.msg_type, sent.content, { json: await c.req.text(), under: "top" });
    const { client_msg_id, msg_type, meta } = sent;
    const send = { client_msg_id, msg_type, content, meta };
    return new Json(await askOwn(c, sendMessage, { conversation_id, send }));
  },

  "GET /msg/pull": async ({ query: { conversation_id, range: wanted, quoted } }, c) =>
    new Json(await readAuthorized(c, conversation_id, pull, { user_id: c.get("login").user_id, wanted, quoted })),

  "GET /msg/changes": async ({ query: { conversation_id, wanted } }, c) =>
    new Json(await readAuthorized(c, conversation_id, changes, { user_id: c.get("login").user_id, wanted })),
};
