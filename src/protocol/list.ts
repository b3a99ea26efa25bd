import * as z from "zod";
import { conversationIdSchema, optional } from "./text.ts";

/** The list: the input of the routes that take conversations out of it and clear them. */
export const LIST_ROUTES = {
  "POST /conversation/delete": {
    auth: true,
    body: z.object({ conversation_id: conversationIdSchema, clear: optional(z.boolean()) }),
  },
  "POST /conversation/clear": { auth: true, body: z.object({ conversation_id: conversationIdSchema }) },
} as const;
