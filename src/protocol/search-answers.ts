import * as z from "zod";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";
import { message } from "./message-answers.ts";
import { conversationIdSchema } from "./text.ts";

/** The answers of the routes in search.ts. For tests and documents: bundles import their types only. */

const fields = {
  messages: z.array(message).describe("newest first"),
  searched_to: z.int().min(0).describe("the oldest seq that was looked at"),
  next: z.string().describe('the cursor of the next page of /msg/search; "" when all was searched'),
};
const foundIn = z
  .strictObject({ conversation_id: conversationIdSchema, ...fields })
  .meta({ id: "FoundIn", description: "what a search over all conversations found in one, at most 3 messages" });
const found = z
  .strictObject(fields)
  .meta({ id: "Found", description: "messages that a search found, and how far it went" });

export const SEARCH_ANSWERS = {
  "GET /msg/search": {
    answer: found,
    codes: [Code.NO_PERMISSION],
    summary:
      "Search the messages of a conversation that the caller sees, newest first. Every word of q must be in one.",
    isNew: true,
  },
  "GET /search": {
    answer: z.array(foundIn),
    paged: true,
    codes: [],
    summary:
      "Search the caller's conversations, the newest first, for at most 3 messages in each. A page may be empty though others follow.",
    isNew: true,
  },
  "GET /user/search": {
    answer: z.array(answers.user),
    codes: [],
    summary:
      "Find users who let themselves be found: by the beginning of the nickname, or the whole user_id. At most 20.",
    isNew: true,
  },
} as const;
