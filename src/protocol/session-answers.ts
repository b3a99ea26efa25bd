import * as z from "zod";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";

/** The answers of the routes in sessions.ts. For tests and documents: bundles import their types only. */

const millis = z.int().min(0);
const session = z
  .strictObject({
    platform_id: z.int().min(1),
    platform_name: z.string(),
    made_at: millis.describe("0 if it was not recorded"),
    seen_at: millis.describe("exact to the day; now while it has an open socket"),
    country: z.string().describe('ISO 3166-1 alpha-2 of the address that it began from; "" if unknown'),
    is_current: z.boolean().describe("whether this request came from it"),
  })
  .meta({ id: "Session", description: "a login of the caller" });

export const SESSION_ANSWERS = {
  "GET /auth/sessions": {
    answer: z.array(session),
    codes: [],
    summary: "List the caller's logins, the most recently used first.",
    isNew: true,
  },
  "POST /auth/sessions/end": {
    answer: answers.nothing,
    codes: [Code.NOT_FOUND],
    summary: "End the login of a platform, with all its sockets.",
    isNew: true,
  },
} as const;
