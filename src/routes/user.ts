import { Hono } from "hono";
import { findUser, findUsers, updateUser } from "../directory/users.ts";
import type { AppEnv } from "../middleware/context.ts";
import { ok } from "../middleware/envelope.ts";
import { authorize } from "../middleware/inbox.ts";
import { body, param } from "../middleware/validate.ts";
import { userIdParam, userIdsBody, userUpdateBody } from "../protocol/bodies.ts";
import { Code, NexoError } from "../protocol/codes.ts";

export const user = new Hono<AppEnv>()
  .get("/info", async (c) => {
    await authorize(c);
    return ok(c, await existing(findUser(c.env.DB, c.get("login").user_id)));
  })

  .get("/profile/:user_id", param(userIdParam), async (c) => {
    await authorize(c);
    return ok(c, await existing(findUser(c.env.DB, c.req.valid("param").user_id)));
  })

  .put("/update", body(userUpdateBody), async (c) => {
    await authorize(c);
    return ok(c, await existing(updateUser(c.env.DB, c.get("login").user_id, c.req.valid("json"))));
  })

  .post("/batch_info", body(userIdsBody), async (c) => {
    await authorize(c);
    return ok(c, await findUsers(c.env.DB, c.req.valid("json").user_ids));
  });

async function existing<T>(found: Promise<T | undefined>): Promise<T> {
  const value = await found;
  if (value === undefined) throw new NexoError(Code.USER_NOT_FOUND);
  return value;
}
