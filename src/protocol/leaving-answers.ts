import * as z from "zod";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";

const millis = z.int().min(0);
export const exportView = z
  .strictObject({
    export_id: z.string().min(1),
    requested_at: millis,
    expires_at: millis.describe("when the export is deleted; then another one can be made"),
    is_ready: z.boolean(),
    size: z.int().min(0).describe("bytes so far"),
    next: z
      .string()
      .describe('if it is ready and something did not fit: the `after` of an export that goes on there; or else ""'),
    url: z.string().describe('where to download it; "" until it is ready'),
    url_expires_at: millis.describe("within an hour; ask again for another url"),
  })
  .meta({ id: "Export", description: "what a user can see and what is kept of them, as lines of JSON" });

/** The answers of the routes in leaving.ts. For tests and documents: bundles import their types only. */
export const LEAVING_ANSWERS = {
  "POST /auth/erase": {
    answer: answers.nothing,
    codes: [Code.WRONG_PASSWORD, Code.FOREIGN_TOKEN, Code.TOO_MANY_REQUESTS],
    summary:
      "Erase the caller's account for good. All logins end at once (2002 `erased`); groups, messages, files and the profile follow within minutes.",
    isNew: true,
  },
  "POST /user/export": {
    answer: exportView,
    codes: [Code.NOT_FOUND],
    summary:
      "Export what the caller can see and what is kept of them, once a day. A repeat says how far it is, and where to download it.",
    isNew: true,
  },
  "GET /export/:link": {
    answer: z.undefined(),
    bare: true,
    text: true,
    apart: true,
    codes: [Code.NOT_FOUND, Code.TOO_MANY_REQUESTS],
    summary: "Download an export. The link alone is enough, for an hour.",
    isNew: true,
  },
} as const;
