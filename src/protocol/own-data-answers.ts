import * as z from "zod";
import { Code } from "./codes.ts";

/** The answers of the routes in own-data.ts, and the push. For tests and documents: bundles import their types only. */

const rev = z.int().min(0);
const item = z
  .strictObject({ key: z.string().min(1), value: z.string().describe('"" if it was deleted'), rev: rev.min(1) })
  .meta({ id: "OwnDataItem" });
const ownData = z
  .strictObject({
    items: z.array(item).describe("what changed, the oldest change first"),
    rev: rev.describe("the `since` of the next request"),
    reset: z.boolean().describe("forget what you have: these are all items"),
  })
  .meta({ id: "OwnData", description: "small data of the caller that all devices share" });

/** The data of push 2011. */
export const ownDataChanged = z
  .strictObject({
    items: z.array(item),
    since_rev: rev.describe("a client that has all up to here has all up to `rev` with it"),
    rev,
  })
  .meta({ id: "OwnDataChanged" });

export const OWN_DATA_ANSWERS = {
  "GET /user/data": {
    answer: ownData,
    codes: [],
    summary: "Get the caller's small data that changed since a rev; without since, all of it.",
    isNew: true,
  },
  "PUT /user/data": {
    answer: z.strictObject({ rev }).meta({ id: "OwnDataRev" }),
    codes: [Code.TOO_MANY],
    summary:
      'Store a text of up to 4,096 bytes under a key, at most 500 keys; "" deletes it. All devices are told (2011).',
    isNew: true,
  },
} as const;
