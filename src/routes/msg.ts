import { Hono } from "hono";
import { ask } from "../durable/stubs.ts";
import type { AppEnv } from "../middleware/context.ts";
import { ok, okText } from "../middleware/envelope.ts";
import { authorizedRead, ownInbox } from "../middleware/inbox.ts";
import { body, query } from "../middleware/validate.ts";
import { conversationIdQuery, conversationOf, pullQuery, readByQuery, sendBody } from "../protocol/bodies.ts";
import { checkContent } from "../protocol/content.ts";
import { LIMITS } from "../protocol/limits.ts";

export const msg = new Hono<AppEnv>()
  .post("/send", body(sendBody), async (c) => {
    const login = c.get("login");
    const sent = c.req.valid("json");
    const conversationId = conversationOf(login.user_id, sent);
    const content = checkContent(sent.msg_type, sent.content, { json: await c.req.text(), under: "top" });
    const message = { client_msg_id: sent.client_msg_id, msg_type: sent.msg_type, content };
    return okText(c, await ask(ownInbox(c).send(login, conversationId, message)));
  })

  .get("/pull", query(pullQuery), async (c) => {
    const { conversation_id, range } = c.req.valid("query");
    const pull = () => c.env.CONVERSATION.getByName(conversation_id).pull(c.get("login").user_id, range);
    return okText(c, await authorizedRead(c, pull));
  })

  .get("/read_by", query(readByQuery), async (c) => {
    const { conversation_id, seq, cursor = "", limit = LIMITS.listMembers } = c.req.valid("query");
    const { user_id } = c.get("login");
    const { readers, next } = await authorizedRead(c, () =>
      c.env.CONVERSATION.getByName(conversation_id).readBy(user_id, seq, cursor, Math.min(limit, LIMITS.listMembers)),
    );
    return ok(c, readers, { next_cursor: next, has_more: next !== "" });
  })

  .get("/max_seq", query(conversationIdQuery), async (c) => {
    const { conversation_id } = c.req.valid("query");
    const readState = () => c.env.CONVERSATION.getByName(conversation_id).readState(c.get("login").user_id);
    const { max_seq } = await authorizedRead(c, readState);
    return ok(c, { max_seq });
  });
