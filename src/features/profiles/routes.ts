import { Cost } from "../../core/rates/costs.ts";
import { findUser, findUsers, updateUser } from "../../directory/users.ts";
import { ask } from "../../durable/rpc.ts";
import { authorize, ownInbox } from "../../middleware/inbox.ts";
import type { HandlersBelow } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";

export const user: HandlersBelow<"user"> = {
  "GET /user/info": async (_, c) => {
    const login = c.get("login");
    const hidden = await ask(ownInbox(c).hiding(login, Cost.ASKS));
    return { ...(await existing(findUser(c.env.DB, login.user_id))), hidden };
  },

  "GET /user/profile/:user_id": async ({ params: { user_id } }, c) => {
    await authorize(c);
    return await existing(findUser(c.env.DB, user_id));
  },

  "PUT /user/update": async ({ body: { hidden: wanted, ...profile } }, c) => {
    const login = c.get("login");
    const isRenaming = profile.nickname !== undefined || profile.avatar !== undefined;
    const hidden = await ask(ownInbox(c).hiding(login, Cost.WRITES, wanted, isRenaming));
    return { ...(await existing(updateUser(c.env.DB, login.user_id, profile))), hidden };
  },

  "POST /user/batch_info": async ({ body: { user_ids } }, c) => {
    await authorize(c);
    return await findUsers(c.env.DB, user_ids);
  },

  "POST /user/get_users_online_status": async ({ body: { user_ids } }, c) =>
    await ask(ownInbox(c).presence(c.get("login"), user_ids)),
};

async function existing<T>(found: Promise<T | undefined>): Promise<T> {
  const value = await found;
  if (value === undefined) throw new NexoError(Code.USER_NOT_FOUND);
  return value;
}
