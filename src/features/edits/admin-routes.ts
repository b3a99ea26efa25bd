import { askObject } from "../../core/rpc.ts";
import { unknownUsers } from "../../directory/users.ts";
import { Json } from "../../durable/json.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { contentText } from "../../protocol/content.ts";
import { edit } from "./calls.ts";

/** Edits by an application's backend, in the name of a user or of `system`. */
export const adminEditRoutes: Pick<Handlers, "POST /admin/messages/edit"> = {
  "POST /admin/messages/edit": async ({ body: { user_id, content, ...asked } }, c) => {
    const input = { ...asked, content: contentText(content, { json: await c.req.text(), under: "top" }) };
    if ((await unknownUsers(c.env.DB, [user_id])).length > 0) throw new NexoError(Code.USER_NOT_FOUND);
    const conversation = c.env.CONVERSATION.getByName(input.conversation_id);
    return new Json(await askObject(conversation, edit.ofBackend, { user_id, input }));
  },
};
