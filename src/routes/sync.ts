import { Hono } from "hono";
import { ask } from "../durable/stubs.ts";
import type { AppEnv } from "../middleware/context.ts";
import { okText } from "../middleware/envelope.ts";
import { ownInbox } from "../middleware/inbox.ts";
import { query } from "../middleware/validate.ts";
import { syncQuery } from "../protocol/bodies.ts";

export const sync = new Hono<AppEnv>().get("/", query(syncQuery), async (c) =>
  okText(c, await ask(ownInbox(c).sync(c.get("login"), c.req.valid("query")))),
);
