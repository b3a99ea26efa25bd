import { Json } from "../../durable/json.ts";
import { askOwn, readAuthorized } from "../../middleware/inbox.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { listReactions, react } from "./calls.ts";

export const reactionRoutes: Pick<Handlers, "POST /msg/react" | "GET /msg/reactions"> = {
  "POST /msg/react": async ({ body }, c) => new Json(await askOwn(c, react.request, body)),

  "GET /msg/reactions": async ({ query: { conversation_id, seq, emoji, cursor = "", limit } }, c) => {
    const { user_id } = c.get("login");
    const asked = {
      user_id,
      seq,
      emoji,
      after: cursor,
      limit: Math.min(limit ?? LIMITS.listMembers, LIMITS.listMembers),
    };
    const { reactions, next } = await readAuthorized(c, conversation_id, listReactions, asked);
    return new Page(reactions, next);
  },
};
