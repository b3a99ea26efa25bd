import { Json } from "../../durable/json.ts";
import { askOwn, readAuthorized } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { contentText } from "../../protocol/content.ts";
import { edit, listRevisions } from "./calls.ts";

export const editRoutes: Pick<Handlers, "POST /msg/edit" | "GET /msg/revisions"> = {
  "POST /msg/edit": async ({ body: { content, ...asked } }, c) => {
    const text = contentText(content, { json: await c.req.text(), under: "top" });
    return new Json(await askOwn(c, edit.request, { ...asked, content: text }));
  },

  "GET /msg/revisions": async ({ query: { conversation_id, seq } }, c) =>
    new Json(await readAuthorized(c, conversation_id, listRevisions, { user_id: c.get("login").user_id, seq })),
};
