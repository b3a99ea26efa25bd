import { unknownUsers } from "../../directory/users.ts";
import { Json } from "../../durable/json.ts";
import type { Handlers } from "../../middleware/route.ts";
import { conversationOf } from "../../protocol/bodies.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { checkContent } from "../../protocol/content.ts";
import { sendAs } from "./send-as.ts";

/** Messages that an application's backend sends in the name of a user, or of `system`. */
export const adminMessageRoutes: Pick<Handlers, "POST /admin/messages"> = {
  "POST /admin/messages": async ({ body }, c) => {
    const { sender_id, recv_id, client_msg_id, msg_type, meta, sender_read } = body;
    const conversationId = conversationOf(sender_id, body);
    const content = checkContent(msg_type, body.content, { json: await c.req.text(), under: "top" });
    const users = body.session_type === 1 && recv_id !== undefined ? [sender_id, recv_id] : [sender_id];
    const [unknown] = await unknownUsers(c.env.DB, users);
    if (unknown !== undefined) throw new NexoError(Code.USER_NOT_FOUND, `no user ${unknown}`);
    const message = { sender_id, client_msg_id, msg_type, content, meta, sender_read };
    return new Json(await sendAs(c.env, conversationId, message));
  },
};
