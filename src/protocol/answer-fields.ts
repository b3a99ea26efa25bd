import * as z from "zod";
import { MemberStatus, Role } from "./model.ts";
import { idSchema } from "./text.ts";

/** Fields that many answers have. */

/** Names a schema, so that the API documents can refer to it. */
export function named<T extends z.ZodType>(id: string, schema: T, description?: string): T {
  return schema.meta(description === undefined ? { id } : { id, description });
}

export const millis = named("Millis", z.int().min(0), "Unix milliseconds");
export const seq = z.int().min(0);
export const count = z.int().min(0);
/** An id, or "" if there is none. */
export const idOrNone = z.union([idSchema, z.literal("")]);
export const role = z.literal(Object.values(Role));
export const memberStatus = z.literal(Object.values(MemberStatus));
export const kind = z.literal([1, 2]);
/** A cursor and the one before it, in answers and pushes that belong to a change. [SYNC-3] */
export const step = { prev: z.int().min(0), cursor: z.int().min(0) };
/** A conversation's number of the last change of messages. */
export const rev = z.int().min(0);
