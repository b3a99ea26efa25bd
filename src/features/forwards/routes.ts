import { Json } from "../../durable/json.ts";
import { askOwn } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { conversationOf } from "../../protocol/bodies.ts";
import { forwardMessages } from "./calls.ts";

export const forwardRoutes: Pick<Handlers, "POST /msg/forward"> = {
  "POST /msg/forward": async ({ body: { from_conversation_id, seqs, client_msg_ids, ...to } }, c) => {
    const conversation_id = conversationOf(c.get("login").user_id, to);
    return new Json(await askOwn(c, forwardMessages, { from_conversation_id, seqs, conversation_id, client_msg_ids }));
  },
};
