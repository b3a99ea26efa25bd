import type { Context } from "hono";
import type { AppEnv } from "../../middleware/context.ts";
import { askOwn, readAuthorized } from "../../middleware/inbox.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { ReadState } from "../../protocol/model.ts";
import { markRead, readBy, readState, unreadTotals } from "./calls.ts";

export const readRoutes: Pick<
  Handlers,
  | "GET /msg/max_seq"
  | "GET /msg/read_by"
  | "POST /conversation/mark_read"
  | "GET /conversation/max_read_seq"
  | "GET /conversation/unread_count"
> = {
  "GET /msg/max_seq": async ({ query: { conversation_id } }, c) => {
    const { max_seq } = await readStateOf(c, conversation_id);
    return { max_seq };
  },

  "GET /msg/read_by": async ({ query: { conversation_id, seq, cursor = "", limit = LIMITS.listMembers } }, c) => {
    const { user_id } = c.get("login");
    const asked = { user_id, seq, after: cursor, limit: Math.min(limit, LIMITS.listMembers) };
    const { readers, next } = await readAuthorized(c, conversation_id, readBy, asked);
    return new Page(readers, next);
  },

  "POST /conversation/mark_read": async ({ body }, c) => {
    await askOwn(c, markRead, body);
    return null;
  },

  "GET /conversation/max_read_seq": async ({ query: { conversation_id } }, c) => {
    const { max_seq, rev, read_seq, unread_count } = await readStateOf(c, conversation_id);
    return { max_seq, rev, read_seq, unread_count };
  },

  "GET /conversation/unread_count": async ({ query: { conversation_id, read_seq } }, c) => {
    if (conversation_id === undefined) return await askOwn(c, unreadTotals, null);
    const { unread_count } = await readStateOf(c, conversation_id, read_seq);
    return { unread_count };
  },
};

function readStateOf(c: Context<AppEnv>, conversationId: string, read_seq?: number): Promise<ReadState> {
  return readAuthorized(c, conversationId, readState, { user_id: c.get("login").user_id, read_seq });
}
