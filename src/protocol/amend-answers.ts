import * as z from "zod";
import { millis, named, rev, seq, step } from "./answer-fields.ts";
import { message } from "./message-answers.ts";
import { conversationIdSchema, idSchema } from "./text.ts";

/** Schemas of messages with what is the caller's own beside them, and of what operations on messages answer. */

/** The caller's own reactions by seq. A seq that is absent has not changed. */
const mine = z.record(z.string().regex(/^[1-9]\d*$/), z.array(z.string()));

/** What is the caller's own, beside messages that are the same for everyone. */
const own = {
  mine: mine.describe("the caller's reactions by seq, for messages that were amended"),
  deleted: z.array(z.int().positive()).describe("seqs that the caller deleted for themselves; not among messages"),
};
export const pulled = named(
  "Pulled",
  z.strictObject({
    messages: z.array(message),
    max_seq: seq,
    rev: rev.describe("the change number of messages when this was read"),
    ...own,
    quoted: z.array(message).optional().describe("only with=quoted: messages that these reply to, and the caller sees"),
  }),
);
export const changes = named(
  "Changes",
  z.strictObject({
    messages: z.array(message).describe("the changed messages as they now stand, oldest change first"),
    ...own,
    rev: rev.describe("up to which this answer goes; with has_more, that of its last change"),
    has_more: z.boolean(),
    reset: z.boolean().describe("too much has changed: forget the messages and pull"),
  }),
);
export const seqResult = named(
  "SeqResult",
  z.strictObject({ seq: z.int().positive(), code: z.int().describe("0, or the reason why nothing was done") }),
);
export const operated = named("Operated", z.strictObject({ message, rev, ...step }));
export const seqResults = named("SeqResults", z.strictObject({ results: z.array(seqResult), rev, ...step }));
export const reacted = named("Reacted", z.strictObject({ message, mine, rev }));
export const messagesChanged = named(
  "MessagesChanged",
  z.strictObject({
    conversation_id: conversationIdSchema,
    since_rev: rev.describe("a client that has all changes up to here has all up to rev after this"),
    rev,
    messages: z.array(message),
    ...own,
    ...step,
  }),
);

export const revision = named(
  "Revision",
  z.strictObject({ content: z.record(z.string(), z.unknown()), at: millis.describe("when it was written") }),
  "a content that an edit has replaced",
);
export const reaction = named("Reaction", z.strictObject({ user_id: idSchema, emoji: z.string().min(1), at: millis }));
