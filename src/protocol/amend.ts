import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { limit, optionalQueryInteger, queryInteger, queryLimit } from "./query.ts";
import { conversationIdSchema, emojiSchema, idSchema, jsonObject, optional } from "./text.ts";

/** Input of the operations that change messages, and of the reads of what they changed. */

const seq = z.int().min(1);
const seqs = z
  .array(seq)
  .min(1)
  .max(LIMITS.operationSeqs)
  .transform((given) => [...new Set(given)]);
const mentions = z
  .array(idSchema)
  .max(LIMITS.mentions)
  .transform((given) => [...new Set(given)]);

/** What a sender says beside the content. */
export const sendMeta = optional(
  z.object({
    reply_to: optional(z.int().min(0)),
    mentions: optional(mentions),
    mention_all: optional(z.boolean()),
  }),
);

export const editBody = z.object({
  conversation_id: conversationIdSchema,
  seq,
  content: jsonObject,
  mentions: optional(mentions),
  if_rev: optional(z.int().min(0)),
});
export const seqsBody = z.object({ conversation_id: conversationIdSchema, seqs });
export const reactBody = z.object({ conversation_id: conversationIdSchema, seq, emoji: emojiSchema, on: z.boolean() });
export const pinBody = z.object({ conversation_id: conversationIdSchema, seq, on: z.boolean() });

/** What changed since a rev. */
export interface ChangesRequest {
  readonly since_rev: number;
  /** The oldest message that the client holds. */
  readonly from_seq: number;
  readonly limit: number;
}

const changesRequest = (given: {
  conversation_id: string;
  since_rev: number;
  from_seq?: number | undefined;
  limit?: number | undefined;
}) => ({
  conversation_id: given.conversation_id,
  wanted: {
    since_rev: given.since_rev,
    from_seq: given.from_seq ?? 0,
    limit: Math.min(given.limit ?? LIMITS.changes, LIMITS.changes),
  } satisfies ChangesRequest,
});

/** Data of 1011. */
export const changesData = z
  .object({
    conversation_id: conversationIdSchema,
    since_rev: z.int().min(0),
    from_seq: optional(z.int().min(0)),
    limit,
  })
  .transform(changesRequest);
export const changesQuery = z
  .object({
    conversation_id: conversationIdSchema,
    since_rev: queryInteger(0),
    from_seq: optionalQueryInteger(0),
    limit: queryLimit,
  })
  .transform(changesRequest);

export const reactionsQuery = z.object({
  conversation_id: conversationIdSchema,
  seq: queryInteger(1),
  emoji: emojiSchema.optional(),
  cursor: z.string().optional(),
  limit: queryLimit,
});
export const revisionsQuery = z.object({ conversation_id: conversationIdSchema, seq: queryInteger(1) });
export const mentionsQuery = z.object({
  conversation_id: conversationIdSchema,
  cursor: optionalQueryInteger(1),
  limit: queryLimit,
});
