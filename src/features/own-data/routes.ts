import { askOwn } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { putOwnData, readOwnData } from "./calls.ts";

export const ownDataRoutes: Pick<Handlers, "GET /user/data" | "PUT /user/data"> = {
  "GET /user/data": async ({ query: { since = 0 } }, c) => {
    const { items, ...rest } = await askOwn(c, readOwnData, { since });
    return { items: [...items], ...rest };
  },
  "PUT /user/data": ({ body }, c) => askOwn(c, putOwnData, body),
};
