import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { characters, conversationIdSchema, idSchema } from "./text.ts";

/** Search in a conversation, over all of them, and for users: the input of the routes. */

const whole = (most: number) =>
  z
    .string()
    .regex(/^\d{0,16}$/, "must be an integer")
    .transform((text) => Number(text) || undefined)
    .pipe(z.int().max(most).optional())
    .optional();

/** The words of a search. */
export const searchWords = characters(1, LIMITS.searchCharacters).refine(
  (text) => text.trim() !== "",
  "must have a word",
);

const searchQuery = z
  .object({
    conversation_id: conversationIdSchema,
    q: searchWords,
    sender_id: idSchema.optional(),
    msg_type: whole(1_000_000),
    /** Unix milliseconds. */
    from: whole(Number.MAX_SAFE_INTEGER),
    to: whole(Number.MAX_SAFE_INTEGER),
    limit: whole(Number.MAX_SAFE_INTEGER),
    /** The `next` of the page before. */
    cursor: whole(Number.MAX_SAFE_INTEGER),
  })
  .transform(({ limit, ...query }) => ({ ...query, limit: Math.min(limit ?? 20, LIMITS.pullMessages) }));
export type SearchQuery = z.output<typeof searchQuery>;

export const SEARCH_ROUTES = {
  "GET /msg/search": { auth: true, query: searchQuery },
  "GET /search": { auth: true, query: z.object({ q: searchWords, cursor: z.string().optional() }) },
  "GET /user/search": { auth: true, query: z.object({ q: searchWords }) },
} as const;

/**
 * Marks beyond 30 in a row, as in the Stream-Safe Text Format (UAX #15): no writing has them, and NFKC brings marks in
 * their order in a time that grows with the square of their number, a fifth of a second for one message of 32 KB. The
 * two halfwidth letters become marks.
 */
const MANY_MARKS = /(?<![\p{M}\uFF9E\uFF9F])([\p{M}\uFF9E\uFF9F]{30})[\p{M}\uFF9E\uFF9F]+/gu;

/** A text as search compares it: without differences of width and form (NFKC), and of case. */
export function folded(text: string): string {
  return text.replace(MANY_MARKS, "$1").normalize("NFKC").toLowerCase();
}

/** The words of a search, each of which a message must contain. */
export function wordsOf(query: string): string[] {
  return folded(query).split(/\s+/u).filter(Boolean);
}
