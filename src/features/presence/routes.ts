import { askOwn } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { askPresence } from "./calls.ts";

export const presenceRoutes: Pick<Handlers, "POST /user/get_users_online_status"> = {
  "POST /user/get_users_online_status": ({ body }, c) => askOwn(c, askPresence, body),
};
