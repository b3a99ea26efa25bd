import { Json } from "../../durable/json.ts";
import { ask } from "../../durable/rpc.ts";
import { authorizedRead, ownInbox } from "../../middleware/inbox.ts";
import { type HandlersBelow, Page } from "../../middleware/route.ts";
import { conversationOf } from "../../protocol/bodies.ts";
import { checkContent } from "../../protocol/content.ts";
import { LIMITS } from "../../protocol/limits.ts";

export const msg: HandlersBelow<"msg"> = {
  "POST /msg/send": async ({ body: sent }, c) => {
    const login = c.get("login");
    const conversationId = conversationOf(login.user_id, sent);
    const content = checkContent(sent.msg_type, sent.content, { json: await c.req.text(), under: "top" });
    const message = { client_msg_id: sent.client_msg_id, msg_type: sent.msg_type, content };
    return new Json(await ask(ownInbox(c).send(login, conversationId, message)));
  },

  "GET /msg/pull": async ({ query: { conversation_id, range } }, c) => {
    const pull = () => c.env.CONVERSATION.getByName(conversation_id).pull(c.get("login").user_id, range);
    return new Json(await authorizedRead(c, pull));
  },

  "GET /msg/read_by": async ({ query: { conversation_id, seq, cursor = "", limit = LIMITS.listMembers } }, c) => {
    const { user_id } = c.get("login");
    const { readers, next } = await authorizedRead(c, () =>
      c.env.CONVERSATION.getByName(conversation_id).readBy(user_id, seq, cursor, Math.min(limit, LIMITS.listMembers)),
    );
    return new Page(readers, next);
  },

  "GET /msg/max_seq": async ({ query: { conversation_id } }, c) => {
    const readState = () => c.env.CONVERSATION.getByName(conversation_id).readState(c.get("login").user_id);
    const { max_seq } = await authorizedRead(c, readState);
    return { max_seq };
  },
};
