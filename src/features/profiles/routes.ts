import { tell } from "../../core/events.ts";
import { findUser, findUsers, updateUser } from "../../directory/users.ts";
import { askOwn, authorize } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { ownProfile } from "./calls.ts";

export const profileRoutes: Pick<
  Handlers,
  "GET /user/info" | "GET /user/profile/:user_id" | "PUT /user/update" | "POST /user/batch_info"
> = {
  "GET /user/info": async (_, c) => {
    const { hidden } = await askOwn(c, ownProfile, { change: null });
    return { ...(await existing(findUser(c.env.DB, c.get("login").user_id))), hidden };
  },

  "GET /user/profile/:user_id": async ({ params: { user_id } }, c) => {
    await authorize(c);
    return await existing(findUser(c.env.DB, user_id));
  },

  "PUT /user/update": async ({ body: { hidden: wanted, ...profile } }, c) => {
    const is_renaming = profile.nickname !== undefined || profile.avatar !== undefined;
    const { hidden } = await askOwn(c, ownProfile, { change: { hidden: wanted, is_renaming } });
    const user = await existing(updateUser(c.env.DB, c.get("login").user_id, profile));
    const { user_id, nickname, avatar, extra } = user;
    await tell(c.env, "user.updated", { user_id, nickname, avatar, extra });
    return { ...user, hidden };
  },

  "POST /user/batch_info": async ({ body: { user_ids } }, c) => {
    await authorize(c);
    return await findUsers(c.env.DB, user_ids);
  },
};

async function existing<T>(found: Promise<T | undefined>): Promise<T> {
  const value = await found;
  if (value === undefined) throw new NexoError(Code.USER_NOT_FOUND);
  return value;
}
