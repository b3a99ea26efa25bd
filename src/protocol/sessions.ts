import * as z from "zod";
import { LIMITS } from "./limits.ts";

/** The logins of the caller: the input of their routes. */
export const SESSION_ROUTES = {
  "GET /auth/sessions": { auth: true },
  "POST /auth/sessions/end": { auth: true, body: z.object({ platform_id: z.int().min(1).max(LIMITS.platforms) }) },
} as const;
