import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { optionalQueryInteger } from "./query.ts";
import { bytes } from "./text.ts";

/** Small data of a user that all of their devices share: the input of its routes. */
export const OWN_DATA_ROUTES = {
  "GET /user/data": { auth: true, query: z.object({ since: optionalQueryInteger(0) }) },
  "PUT /user/data": {
    auth: true,
    body: z.object({ key: bytes(1, LIMITS.ownDataKeyBytes), value: bytes(0, LIMITS.ownDataBytes) }),
  },
} as const;
