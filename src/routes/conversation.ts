import { type Context, Hono } from "hono";
import { ask } from "../durable/stubs.ts";
import type { AppEnv } from "../middleware/context.ts";
import { ok, okText } from "../middleware/envelope.ts";
import { authorizedRead, ownInbox } from "../middleware/inbox.ts";
import { body, query } from "../middleware/validate.ts";
import {
  conversationIdQuery,
  conversationUpdateBody,
  listQuery,
  markReadBody,
  unreadCountQuery,
} from "../protocol/bodies.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { ReadState } from "../protocol/model.ts";

export const conversation = new Hono<AppEnv>()
  .get("/list", query(listQuery), async (c) => {
    const { cursor = "", limit = LIMITS.listConversations } = c.req.valid("query");
    const { conversations, next } = await ask(ownInbox(c).list(c.get("login"), cursor, limit));
    return okText(c, conversations, { next_cursor: next, has_more: next !== "" });
  })

  .get("/info", query(conversationIdQuery), async (c) => {
    const { conversation_id } = c.req.valid("query");
    return okText(c, await ask(ownInbox(c).conversation(c.get("login"), conversation_id)));
  })

  .put("/update", query(conversationIdQuery), body(conversationUpdateBody), async (c) => {
    const { conversation_id } = c.req.valid("query");
    await ask(ownInbox(c).configure(c.get("login"), conversation_id, c.req.valid("json")));
    return ok(c, null);
  })

  .post("/mark_read", body(markReadBody), async (c) => {
    const { conversation_id, read_seq } = c.req.valid("json");
    await ask(ownInbox(c).operate(c.get("login"), conversation_id, { type: "mark_read", read_seq }));
    return ok(c, null);
  })

  .get("/max_read_seq", query(conversationIdQuery), async (c) => {
    const { conversation_id } = c.req.valid("query");
    const { max_seq, read_seq, unread_count } = await readStateOf(c, conversation_id);
    return ok(c, { max_seq, read_seq, unread_count });
  })

  .get("/unread_count", query(unreadCountQuery), async (c) => {
    const { conversation_id, read_seq } = c.req.valid("query");
    const login = c.get("login");
    if (conversation_id === undefined) return ok(c, await ask(ownInbox(c).totals(login)));
    const { unread_count } = await readStateOf(c, conversation_id, read_seq);
    return ok(c, { unread_count });
  });

function readStateOf(c: Context<AppEnv>, conversationId: string, readSeq?: number): Promise<ReadState> {
  return authorizedRead(c, () =>
    c.env.CONVERSATION.getByName(conversationId).readState(c.get("login").user_id, readSeq),
  );
}
