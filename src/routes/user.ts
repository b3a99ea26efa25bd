import { Hono } from "hono";
import { findUser, findUsers, updateUser } from "../directory/users.ts";
import { Cost } from "../domain/costs.ts";
import { ask } from "../durable/stubs.ts";
import type { AppEnv } from "../middleware/context.ts";
import { ok } from "../middleware/envelope.ts";
import { authorize, ownInbox } from "../middleware/inbox.ts";
import { body, param } from "../middleware/validate.ts";
import { userIdParam, userIdsBody, userUpdateBody } from "../protocol/bodies.ts";
import { Code, NexoError } from "../protocol/codes.ts";

export const user = new Hono<AppEnv>()
  .get("/info", async (c) => {
    const login = c.get("login");
    const hidden = await ask(ownInbox(c).hiding(login, Cost.ASKS));
    return ok(c, { ...(await existing(findUser(c.env.DB, login.user_id))), hidden });
  })

  .get("/profile/:user_id", param(userIdParam), async (c) => {
    await authorize(c);
    return ok(c, await existing(findUser(c.env.DB, c.req.valid("param").user_id)));
  })

  .put("/update", body(userUpdateBody), async (c) => {
    const { hidden: wanted, ...profile } = c.req.valid("json");
    const login = c.get("login");
    const isRenaming = profile.nickname !== undefined || profile.avatar !== undefined;
    const hidden = await ask(ownInbox(c).hiding(login, Cost.WRITES, wanted, isRenaming));
    return ok(c, { ...(await existing(updateUser(c.env.DB, login.user_id, profile))), hidden });
  })

  .post("/batch_info", body(userIdsBody), async (c) => {
    await authorize(c);
    return ok(c, await findUsers(c.env.DB, c.req.valid("json").user_ids));
  })

  .post("/get_users_online_status", body(userIdsBody), async (c) => {
    return ok(c, await ask(ownInbox(c).presence(c.get("login"), c.req.valid("json").user_ids)));
  });

async function existing<T>(found: Promise<T | undefined>): Promise<T> {
  const value = await found;
  if (value === undefined) throw new NexoError(Code.USER_NOT_FOUND);
  return value;
}
