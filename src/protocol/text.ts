import * as z from "zod";
import { ID, parseConversationId } from "./ids.ts";

const encoder = new TextEncoder();

/** Length in bytes of UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).byteLength;
}

/** Whether a text survives storage as it is: no lone surrogates (UTF-8 has none), no NUL (SQLite ends there). */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function storable(): z.ZodString {
  return z.string().refine(isStorable, "must be well-formed Unicode without NUL");
}

/** A text of so many characters (code points, as a person counts them, not UTF-16 units). */
export function characters(min: number, max: number): z.ZodString {
  return storable().refine(
    (text) => text.length >= min && text.length <= max * 2 && within([...text].length, min, max),
    `must have ${min} to ${max} characters`,
  );
}

/** A text of so many bytes of UTF-8. */
export function bytes(min: number, max: number): z.ZodString {
  return storable().refine(
    (text) => text.length <= max && within(byteLength(text), min, max),
    min === 0 ? `must have at most ${max} bytes` : `must have ${min} to ${max} bytes`,
  );
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

/** A field that may be absent. JSON null counts as absent: clients in languages without `undefined` send it. */
export function optional<T extends z.ZodType>(type: T) {
  return type.nullish().transform((value): z.output<T> | undefined => value ?? undefined);
}

/** An id of a user or a group. */
export const idSchema = z.string().regex(ID, "must be 1 to 64 of A-Z a-z 0-9 _ . -");

export const conversationIdSchema = z
  .string()
  .refine((id) => parseConversationId(id) !== null, "must be si_<a>:<b>, two different ids sorted, or sg_<group_id>");
