import * as z from "zod";
import { Code } from "./codes.ts";
import { message } from "./message-answers.ts";

/** The answer of the route in search.ts. For tests and documents: bundles import its type only. */

const found = z
  .strictObject({
    messages: z.array(message).describe("newest first"),
    searched_to: z.int().min(0).describe("the oldest seq that was looked at"),
    next: z.string().describe('the cursor of the next page; "" when all was searched'),
  })
  .meta({ id: "Found", description: "messages that a search found, and how far it went" });

export const SEARCH_ANSWERS = {
  "GET /msg/search": {
    answer: found,
    codes: [Code.NO_PERMISSION],
    summary:
      "Search the messages of a conversation that the caller sees, newest first. Every word of q must be in one.",
    isNew: true,
  },
} as const;
