import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { optional } from "./text.ts";

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

/** The routes of this page by method and path, with the schemas of their input. */
export const LEAVING_ROUTES = {
  "POST /auth/erase": { auth: true, body: eraseBody },
  "POST /user/export": { auth: true },
  "GET /export/:link": { auth: false, params: z.object({ link: z.string() }) },
} as const;
