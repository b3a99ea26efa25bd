import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { conversationIdSchema, optional } from "./text.ts";

/** Leaving the server: the input of its routes. */

const erasureMode = z
  .enum(["messages", "anonymous"])
  .describe("what is left of the user's messages; messages: nothing");
const mode = optional(erasureMode).transform((given) => given ?? "messages");

export const eraseBody = z.object({
  password: optional(z.string()),
  token: optional(z.string().min(1).max(LIMITS.foreignTokenCharacters)).describe(
    "of an account without a password: a new token of its issuer, as for /auth/exchange",
  ),
  mode,
});
export const adminEraseBody = z.object({ mode });

/** Where an export begins: before this conversation and seq it has nothing. */
export type ExportPlace = { readonly conversation_id: string; readonly seq: number };

/** The text of a place in an export: `<seq>.<conversation_id>`; seq 0 is the end of the conversation. */
export const exportPlaceText = ({ conversation_id, seq }: ExportPlace): string => `${seq}.${conversation_id}`;

const place = z.string().transform((text, context): ExportPlace | undefined => {
  if (text === "") return undefined;
  const [, seq, conversation_id = ""] = /^(\d{1,15})\.(.+)$/.exec(text) ?? [];
  if (conversationIdSchema.safeParse(conversation_id).success) return { conversation_id, seq: Number(seq) };
  context.addIssue({ code: "custom", message: "must be a next that an export gave" });
  return z.NEVER;
});

export const exportBody = z.object({
  after: optional(place).describe("the next of an export that its bound of bytes ended: what comes after it"),
});

/** The routes of this page by method and path, with the schemas of their input. */
export const LEAVING_ROUTES = {
  "POST /auth/erase": { auth: true, body: eraseBody },
  "POST /user/export": { auth: true, body: exportBody },
  "GET /export/:link": { auth: false, params: z.object({ link: z.string() }) },
} as const;
