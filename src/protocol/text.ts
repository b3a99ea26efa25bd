import * as z from "zod";
import { ID, parseConversationId } from "./ids.ts";
import { LIMITS } from "./limits.ts";

const encoder = new TextEncoder();

/** Length in bytes of UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).byteLength;
}

/** Whether a text can be stored unchanged: no lone surrogates (UTF-8 has none), no NUL (SQLite ends a text there). */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function storable(): z.ZodString {
  return z.string().refine(isStorable, "must be well-formed Unicode without NUL");
}

/** A text of `min` to `max` characters (code points, as a person counts them, not UTF-16 units). */
export function characters(min: number, max: number): z.ZodString {
  return storable().refine(
    (text) => text.length >= min && text.length <= max * 2 && within([...text].length, min, max),
    `must have ${min} to ${max} characters`,
  );
}

/** A text of `min` to `max` bytes of UTF-8. */
export function bytes(min: number, max: number): z.ZodString {
  return storable().refine(
    (text) => text.length <= max && within(byteLength(text), min, max),
    min === 0 ? `must have at most ${max} bytes` : `must have ${min} to ${max} bytes`,
  );
}

/**
 * A character that is visible: letters of any script, emoji and so on. Not visible are spaces, joiners, fillers such as
 * U+3164, marks without a letter, the empty braille pattern and the null notehead.
 */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{M}\u{2800}\u{1D159}]/u;
/** Controls that reverse the text around a name, including the words of other users. */
const BIDI_CONTROL = /\p{Bidi_Control}/u;
const CONTROL = /\p{Cc}|\p{Bidi_Control}/u;

/** The name of a user or a group; "" is accepted if `min` is 0. [WIRE-1] */
export function name(min: 0 | 1, max: number): z.ZodString {
  return characters(min, max)
    .refine((text) => text === "" || VISIBLE.test(text), "must have a visible character")
    .refine((text) => !BIDI_CONTROL.test(text), "must have no bidi controls");
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An unchanged object: a copy by zod would lose a key like `__proto__`. [SEND-4] */
export const jsonObject = z.custom<Record<string, unknown>>(isObject, "must be an object");

/** A reaction: a short visible text without controls, so that it cannot reverse the text around it. */
export const emojiSchema = bytes(1, LIMITS.emojiBytes)
  .refine((text) => VISIBLE.test(text), "must have a visible character")
  .refine((text) => !CONTROL.test(text), "must have no control characters");

/** An optional field. JSON null counts as absent: clients in languages without `undefined` send it. */
export function optional<T extends z.ZodType>(type: T) {
  return type.nullish().transform((value): z.output<T> | undefined => value ?? undefined);
}

/** An id of a user or a group. */
export const idSchema = z.string().regex(ID, "must be 1 to 64 of A-Z a-z 0-9 _ . -");

/** An id for a new user. `.` and `..` cannot be in a URL's path. */
export const newIdSchema = idSchema.regex(/[^.]|^\.{3,}$/, "must not be . or ..");

export const conversationIdSchema = z
  .string()
  .refine(
    (id) => parseConversationId(id) !== null,
    "must be si_<a>:<b> with two different sorted ids, or sg_<group_id>",
  );
