import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { characters, conversationIdSchema, idSchema, optional } from "./text.ts";

/** Blocks, privacy and reports: the input of their routes. */

/** Who may begin something with a user: everyone, those whom the user knows, or nobody. */
const audience = z.enum(["all", "known", "nobody"]);
/** The same for invitations; under `ask` the user answers each of them. */
const inviters = z.enum(["all", "known", "ask", "nobody"]);

/** A user's choices about who may reach and find them. */
export const privacySchema = z.object({
  messages_from: audience.describe("who may write to the user in single chats"),
  invites_from: inviters.describe("who may add the user to groups; under ask, the user answers each invitation"),
  findable: z.boolean().describe("whether /user/search finds the user"),
  last_seen: audience.describe("who sees whether the user is online"),
});

const oneUser = z.object({ user_id: idSchema });
const blocksQuery = z.object({
  cursor: z.string().optional(),
  limit: z
    .string()
    .regex(/^\d{0,4}$/, "must be an integer from 0 to 9999")
    .transform((text) => Number(text) || undefined)
    .optional(),
});
const answerInviteBody = z.object({ group_id: idSchema, accept: z.boolean() });
const privacyBody = z.object({
  messages_from: optional(audience),
  invites_from: optional(inviters),
  findable: optional(z.boolean()),
  last_seen: optional(audience),
});

/** What a report is about, as the reporter chooses it from a list. */
const REASONS = ["spam", "abuse", "violence", "sexual", "illegal", "other"] as const;

export const reportBody = z
  .object({
    user_id: optional(idSchema),
    conversation_id: optional(conversationIdSchema),
    seq: optional(z.int().min(1)),
    reason: z.enum(REASONS),
    text: optional(characters(0, LIMITS.reportCharacters)),
  })
  .superRefine(({ user_id, conversation_id, seq }, context) => {
    const hasMessage = conversation_id !== undefined && seq !== undefined;
    if (hasMessage || (user_id !== undefined && conversation_id === undefined && seq === undefined)) return;
    const path = conversation_id === undefined ? (seq === undefined ? "user_id" : "conversation_id") : "seq";
    context.addIssue({ code: "custom", path: [path], message: "is missing: give user_id, or conversation_id and seq" });
  });

/** The routes of this page by method and path, with the schemas of their input. */
export const SAFETY_ROUTES = {
  "POST /user/block": { auth: true, body: oneUser },
  "POST /user/unblock": { auth: true, body: oneUser },
  "GET /user/blocks": { auth: true, query: blocksQuery },
  "GET /user/privacy": { auth: true },
  "PUT /user/privacy": { auth: true, body: privacyBody },
  "POST /group/answer_invite": { auth: true, body: answerInviteBody },
  "POST /user/report": { auth: true, body: reportBody },
} as const;
