import * as z from "zod";
import { MEDIA_ID } from "./media-ids.ts";
import { conversationIdSchema, optional } from "./text.ts";

/** Schemas of the routes of files: what they take, and what they answer. */

const orAbsent = (text: string) => text || undefined;
const text = optional(z.string().transform(orAbsent));

export const uploadQuery = z
  .object({
    conversation_id: optional(z.string().transform(orAbsent).pipe(conversationIdSchema.optional())),
    purpose: optional(z.literal(["message", "avatar"], 'must be "message" or "avatar"')),
    name: text,
    type: text,
  })
  .refine(({ conversation_id, purpose }) => (conversation_id === undefined) === (purpose === "avatar"), {
    path: ["conversation_id"],
    error: "must be given for a file of a message, and not for an avatar",
  });

/** Any text is well formed as the last part of the path: a file that does not exist is not found. */
export const mediaParam = z.object({ media_id: z.string() });
export const namedMediaParam = mediaParam.extend({ name: z.string() });

export const uploaded = z
  .strictObject({
    media_id: z.string().regex(MEDIA_ID),
    url: z.string().describe("absolute; messages carry it, for example as image_url"),
    size: z.int().min(1),
    mime: z.string().describe("the type that the first bytes show; application/octet-stream for any other file"),
    expires_at: z.int().min(0).describe("Unix milliseconds; no new message may name the file after it"),
  })
  .meta({ id: "Uploaded" });

/** The bytes of a file, in a request and in an answer. Documents name it; the Worker streams the bytes. */
export const file = z.string().meta({ id: "File", format: "binary" });
