import { askObject } from "../../core/rpc.ts";
import { unknownUsers } from "../../directory/users.ts";
import { Json } from "../../durable/json.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { recall } from "./calls.ts";

/** Recalls by an application's backend, in the name of a user or of `system`. */
export const adminRecallRoutes: Pick<Handlers, "POST /admin/messages/recall"> = {
  "POST /admin/messages/recall": async ({ body: { user_id, ...input } }, c) => {
    if ((await unknownUsers(c.env.DB, [user_id])).length > 0) throw new NexoError(Code.USER_NOT_FOUND);
    const conversation = c.env.CONVERSATION.getByName(input.conversation_id);
    return new Json(await askObject(conversation, recall.ofBackend, { user_id, input }));
  },
};
