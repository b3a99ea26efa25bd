import * as z from "zod";
import { Platform } from "./account-model.ts";
import { sendMeta } from "./amend.ts";
import { Code, NexoError } from "./codes.ts";
import { groupConversationId, singleConversationId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import { SessionType } from "./model.ts";
import { limit, optionalQueryInteger, orAbsent, queryInteger, queryLimit } from "./query.ts";
import {
  bytes,
  characters,
  conversationIdSchema,
  idSchema,
  jsonObject,
  name as nameOf,
  newIdSchema,
  optional,
} from "./text.ts";

/** Schemas of the input of REST routes and frames. Unknown fields are ignored. */

/** Absent or 0 (the zero value of the original's structs) means the web. */
const platformId = optional(z.int().min(0).max(LIMITS.platforms)).transform((id) => id || Platform.WEB);
const password = characters(LIMITS.passwordCharacters.min, LIMITS.passwordCharacters.max);
const name = nameOf(1, LIMITS.nameCharacters);
const profileText = bytes(0, LIMITS.profileTextBytes);
const seq = z.int().min(0);
const userIds = z.array(idSchema).max(LIMITS.batchUsers);
const someUserIds = userIds.min(1);

/** An optional text. "" counts as absent: the original's clients send it. */
function absentIfEmpty(text: z.ZodString) {
  return optional(z.string().transform(orAbsent).pipe(text.optional()));
}

const optionalId = absentIfEmpty(idSchema);

export const registerBody = z.object({
  user_id: absentIfEmpty(newIdSchema),
  nickname: name,
  password,
  avatar: optional(profileText),
});
export const loginBody = z.object({ user_id: idSchema, password: z.string(), platform_id: platformId });
export const exchangeBody = z.object({
  token: z.string().min(1).max(LIMITS.foreignTokenCharacters),
  platform_id: platformId,
});
export const passwordBody = z.object({ old_password: z.string(), new_password: password });

export const userIdParam = z.object({ user_id: idSchema });
export const userUpdateBody = z.object({
  // The original's clients always send the whole profile, with "" for a name that should not change.
  nickname: absentIfEmpty(name),
  avatar: optional(profileText),
  extra: optional(bytes(0, LIMITS.extraBytes)),
  hidden: optional(z.boolean()),
});
export const userIdsBody = z.object({ user_ids: userIds });

export const groupIdBody = z.object({ group_id: idSchema });
export const groupCreateBody = z.object({
  name,
  introduction: optional(profileText),
  avatar: optional(profileText),
  member_ids: optional(z.array(idSchema)),
  client_group_id: optional(bytes(1, LIMITS.clientMessageIdBytes)),
});
export const groupUsersBody = z.object({ group_id: idSchema, user_ids: someUserIds });
export const groupSetRoleBody = z.object({
  group_id: idSchema,
  user_id: idSchema,
  role_level: z.union([z.literal(1), z.literal(2)]),
});
export const groupTransferBody = z.object({ group_id: idSchema, user_id: idSchema });
export const groupMuteBody = z.object({
  group_id: idSchema,
  user_id: optionalId,
  seconds: z
    .int()
    .min(0)
    .max(10 * 365 * 86_400),
});
export const groupNicknameBody = z.object({
  group_id: idSchema,
  group_nickname: nameOf(0, LIMITS.nameCharacters),
});

/** Where a message goes: the receiver of a single chat, or a group. */
const receiver = {
  recv_id: optionalId,
  group_id: optionalId,
  session_type: optional(z.union([z.literal(0), z.literal(SessionType.SINGLE), z.literal(SessionType.GROUP)])),
};

/** Adds the kind of conversation where the client did not say it. */
function withSessionType<T extends z.output<z.ZodObject<typeof receiver>>>(body: T, context: z.RefinementCtx) {
  const session_type = body.session_type || sessionTypeOf(body);
  const field = session_type === SessionType.SINGLE ? "recv_id" : "group_id";
  if (session_type === undefined) {
    context.addIssue({ code: "custom", path: ["session_type"], message: "must be 1 or 2 when both ids are given" });
    return z.NEVER;
  }
  if (body[field] === undefined) {
    context.addIssue({ code: "custom", path: [field], message: "is missing" });
    return z.NEVER;
  }
  return { ...body, session_type };
}

const clientMessageId = bytes(1, LIMITS.clientMessageIdBytes);
const sendFields = z.object({
  client_msg_id: clientMessageId,
  ...receiver,
  msg_type: z.int(),
  content: jsonObject,
  meta: sendMeta,
});

export const sendBody = sendFields.transform(withSessionType);
/** A send of the server API, which names the sender. */
export const adminSendBody = sendFields
  .extend({ sender_id: idSchema, sender_read: optional(z.boolean()) })
  .transform(withSessionType);
export type SendBody = z.output<typeof sendBody>;

/** The kind of conversation of a send without a session_type; undefined if it could be either. */
function sessionTypeOf(body: { recv_id: string | undefined; group_id: string | undefined }): 1 | 2 | undefined {
  if (body.group_id === undefined) return SessionType.SINGLE;
  return body.recv_id === undefined ? SessionType.GROUP : undefined;
}

/** The conversation that a send goes to. @throws NexoError INVALID_PARAMETER if the sender is the receiver */
export function conversationOf(userId: string, body: Pick<SendBody, "session_type" | "recv_id" | "group_id">): string {
  if (body.session_type === 2) return groupConversationId(body.group_id ?? "");
  if (body.recv_id === userId) throw new NexoError(Code.INVALID_PARAMETER, "recv_id: must not be your own id");
  return singleConversationId(userId, body.recv_id ?? "");
}

export const forwardBody = z
  .object({
    from_conversation_id: conversationIdSchema,
    seqs: z.array(z.int().min(1)).min(1).max(LIMITS.operationSeqs),
    ...receiver,
    client_msg_ids: z.array(clientMessageId).min(1).max(LIMITS.operationSeqs),
  })
  .refine(({ seqs }) => new Set(seqs).size === seqs.length, { path: ["seqs"], error: "must name each message once" })
  .refine(({ seqs, client_msg_ids: ids }) => ids.length === seqs.length && new Set(ids).size === ids.length, {
    path: ["client_msg_ids"],
    error: "must have one id of its own for each of seqs",
  })
  .transform(withSessionType);

/** The messages to return: at most `limit` seqs from begin_seq to end_seq (0: the newest), oldest or newest first. */
export interface PullRange {
  begin_seq: number;
  end_seq: number;
  limit: number;
  order: "asc" | "desc";
}

const order = z.enum(["asc", "desc"]);
/** Asks for the messages that the pulled ones reply to. */
const quoted = z.literal("quoted");
const pullLimit = (limit: number | undefined) => Math.min(limit ?? LIMITS.pullMessages, LIMITS.pullMessages);

export const pullQuery = z
  .object({
    conversation_id: conversationIdSchema,
    begin_seq: optionalQueryInteger(0),
    end_seq: optionalQueryInteger(0),
    limit: queryLimit,
    order: z.string().transform(orAbsent).pipe(order.optional()).optional(),
    with: z.string().transform(orAbsent).pipe(quoted.optional()).optional(),
  })
  .transform((query) => ({
    conversation_id: query.conversation_id,
    range: {
      begin_seq: query.begin_seq ?? 0,
      end_seq: query.end_seq ?? 0,
      limit: pullLimit(query.limit),
      order: query.order ?? "asc",
    } satisfies PullRange,
    quoted: query.with !== undefined,
  }));

const pullFields = {
  conversation_id: conversationIdSchema,
  begin_seq: optional(seq),
  end_seq: optional(seq),
  limit,
  order: optional(order),
  with: optional(quoted),
};

function pullRangeOf(data: {
  begin_seq: number | undefined;
  end_seq: number | undefined;
  limit: number | undefined;
  order: "asc" | "desc" | undefined;
}): PullRange {
  return {
    begin_seq: data.begin_seq ?? 0,
    end_seq: data.end_seq ?? 0,
    limit: pullLimit(data.limit),
    order: data.order ?? "asc",
  };
}

/** Data of 1005. */
export const pullRangeData = z.object(pullFields).transform((data) => ({
  conversation_id: data.conversation_id,
  range: pullRangeOf(data),
  quoted: data.with !== undefined,
}));

/** Data of 1002: a list of seqs, or the original's range. */
export const pullListData = z
  .object({ ...pullFields, seq_list: optional(z.array(z.int().min(1)).max(LIMITS.pullMessages)) })
  .transform((data) => ({
    conversation_id: data.conversation_id,
    wanted: data.seq_list ?? pullRangeOf(data),
    quoted: data.with !== undefined,
  }));

export const conversationIdQuery = z.object({ conversation_id: conversationIdSchema });
export const newestSeqsData = z.object({
  conversation_ids: optional(z.array(conversationIdSchema).max(LIMITS.listConversations)),
});
export const listQuery = z.object({ cursor: z.string().optional(), limit: queryLimit });
export const conversationUpdateBody = z.object({
  recv_msg_opt: optional(z.union([z.literal(0), z.literal(1), z.literal(2)])),
  is_pinned: optional(z.boolean()),
  is_unread: optional(z.boolean()),
  is_archived: optional(z.boolean()),
  /** Unix milliseconds; 0 ends it. */
  snooze_until: optional(z.int().min(0).max(8_640_000_000_000_000)),
});
export const markReadBody = z.object({ conversation_id: conversationIdSchema, read_seq: seq });
export const unreadCountQuery = z.object({
  conversation_id: conversationIdSchema.optional(),
  read_seq: optionalQueryInteger(0),
});

/** `GET /msg/read_by`: the members of a conversation who have read a message. */
export const readByQuery = z.object({
  conversation_id: conversationIdSchema,
  seq: queryInteger(1),
  cursor: z.string().optional(),
  limit: queryLimit,
});
/** Data of 1008. */
export const typingData = z.object({ conversation_id: conversationIdSchema, typing: z.boolean() });

const SYNC_PAGE = { usual: 100, max: 200 };
const syncRequest = (given: { since: number; page?: string | undefined; limit?: number | undefined }) => ({
  since: given.since,
  page: given.page ?? "",
  limit: Math.min(given.limit ?? SYNC_PAGE.usual, SYNC_PAGE.max),
});

/** Data of 1009. */
export const syncData = z.object({ since: z.int().min(0), page: optional(z.string()), limit }).transform(syncRequest);
export const syncQuery = z
  .object({ since: queryInteger(0), page: z.string().optional(), limit: queryLimit })
  .transform(syncRequest);
export type SyncRequest = z.output<typeof syncData>;

/** The query of `GET /ws`. */
export const socketQuery = z.object({
  token: z.string().optional(),
  send_id: z.string().optional(),
  platform_id: optionalQueryInteger(0),
  sdk_type: z.string().optional(),
  since: optionalQueryInteger(0),
  conversation_id: conversationIdSchema.optional(),
});
