import { findFindable, setFindable, unknownUsers } from "../../directory/users.ts";
import { askOwn, authorize } from "../../middleware/inbox.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { listBlocks, ownReach, setBlock } from "./calls.ts";

export const consentRoutes: Pick<
  Handlers,
  "POST /user/block" | "POST /user/unblock" | "GET /user/blocks" | "GET /user/privacy" | "PUT /user/privacy"
> = {
  "POST /user/block": async ({ body: { user_id } }, c) => {
    await authorize(c);
    if ((await unknownUsers(c.env.DB, [user_id])).length > 0) throw new NexoError(Code.USER_NOT_FOUND);
    await askOwn(c, setBlock, { user_id, on: true });
    return null;
  },

  "POST /user/unblock": async ({ body: { user_id } }, c) => {
    await askOwn(c, setBlock, { user_id, on: false });
    return null;
  },

  "GET /user/blocks": async ({ query: { cursor = "", limit = LIMITS.blocks } }, c) => {
    const { blocks, next } = await askOwn(c, listBlocks, { cursor, limit });
    return new Page(blocks, next);
  },

  "GET /user/privacy": async (_, c) => {
    const reach = await askOwn(c, ownReach, { change: null });
    return { ...reach, findable: await known(findFindable(c.env.DB, c.get("login").user_id)) };
  },

  "PUT /user/privacy": async ({ body: { findable: wanted, ...change } }, c) => {
    const reach = await askOwn(c, ownReach, { change });
    const { DB } = c.env;
    const { user_id } = c.get("login");
    const findable = wanted === undefined ? findFindable(DB, user_id) : setFindable(DB, user_id, wanted);
    return { ...reach, findable: await known(findable) };
  },
};

async function known(findable: Promise<boolean | undefined>): Promise<boolean> {
  const value = await findable;
  if (value === undefined) throw new NexoError(Code.USER_NOT_FOUND);
  return value;
}
