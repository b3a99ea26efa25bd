import * as z from "zod";
import { Code, NexoError } from "./codes.ts";
import { groupConversationId, singleConversationId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import { bytes, characters, conversationIdSchema, idSchema, optional } from "./text.ts";

/** What REST routes and frames take. Unknown fields are ignored. */

const platformId = z.int().min(1).max(5);
const password = characters(LIMITS.passwordCharacters.min, LIMITS.passwordCharacters.max);
const name = characters(1, LIMITS.nameCharacters);
const profileText = bytes(0, LIMITS.profileTextBytes);
const seq = z.int().min(0);
const userIds = z.array(idSchema).max(LIMITS.batchUsers);
const someUserIds = userIds.min(1);

/** An id that may be absent; "" counts as absent, as the original's clients send it. */
const optionalId = optional(z.union([idSchema, z.literal("")])).transform((id) => id || undefined);

/** An integer in a query string. */
function queryInteger(min: number) {
  return z
    .string()
    .regex(/^-?\d{1,16}$/, "must be an integer")
    .transform(Number)
    .pipe(z.int().min(min));
}

export const registerBody = z.object({
  user_id: optionalId,
  nickname: name,
  password,
  avatar: optional(profileText),
});
export const loginBody = z.object({ user_id: idSchema, password: z.string(), platform_id: platformId });
export const passwordBody = z.object({ old_password: z.string(), new_password: password });

export const userIdParam = z.object({ user_id: idSchema });
export const userUpdateBody = z.object({
  nickname: optional(name),
  avatar: optional(profileText),
  extra: optional(profileText),
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
export const groupJoinBody = z.object({ group_id: idSchema, inviter_id: optionalId });
export const groupMembersQuery = z.object({
  group_id: idSchema,
  cursor: z.string().optional(),
  limit: queryInteger(1).optional(),
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
export const groupUpdateBody = z.object({
  group_id: idSchema,
  name: optional(name),
  introduction: optional(profileText),
  avatar: optional(profileText),
});
export const groupNicknameBody = z.object({
  group_id: idSchema,
  group_nickname: characters(0, LIMITS.nameCharacters),
});

/** An object as it came: a copy by zod would lose a key like `__proto__`. [SEND-4] */
const jsonObject = z.custom<Record<string, unknown>>(isObject, "must be an object");

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const sendBody = z
  .object({
    client_msg_id: bytes(1, LIMITS.clientMessageIdBytes),
    recv_id: optionalId,
    group_id: optionalId,
    session_type: z.union([z.literal(1), z.literal(2)]),
    msg_type: z.int(),
    content: jsonObject,
  })
  .superRefine((body, context) => {
    const field = body.session_type === 1 ? "recv_id" : "group_id";
    if (body[field] === undefined) {
      context.addIssue({ code: "custom", path: [field], message: "is missing" });
    }
  });
export type SendBody = z.output<typeof sendBody>;

/** The conversation that a send goes to. @throws NexoError INVALID_PARAMETER for one with oneself */
export function conversationOf(userId: string, body: SendBody): string {
  if (body.session_type === 2) return groupConversationId(body.group_id ?? "");
  if (body.recv_id === userId) throw new NexoError(Code.INVALID_PARAMETER, "recv_id: must be somebody else");
  return singleConversationId(userId, body.recv_id ?? "");
}

/** Which messages: seqs from begin_seq to end_seq (0: the newest), so many of them, oldest or newest first. */
export interface PullRange {
  begin_seq: number;
  end_seq: number;
  limit: number;
  order: "asc" | "desc";
}

const order = z.enum(["asc", "desc"]);
const pullLimit = (limit: number | undefined) => Math.min(limit ?? LIMITS.pullMessages, LIMITS.pullMessages);

export const pullQuery = z
  .object({
    conversation_id: conversationIdSchema,
    begin_seq: queryInteger(0).optional(),
    end_seq: queryInteger(0).optional(),
    limit: queryInteger(1).optional(),
    order: order.optional(),
  })
  .transform((query) => ({
    conversation_id: query.conversation_id,
    range: {
      begin_seq: query.begin_seq ?? 0,
      end_seq: query.end_seq ?? 0,
      limit: pullLimit(query.limit),
      order: query.order ?? "asc",
    } satisfies PullRange,
  }));

const pullFields = {
  conversation_id: conversationIdSchema,
  begin_seq: optional(seq),
  end_seq: optional(seq),
  limit: optional(z.int().min(1)),
  order: optional(order),
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
export const pullRangeData = z
  .object(pullFields)
  .transform((data) => ({ conversation_id: data.conversation_id, range: pullRangeOf(data) }));

/** Data of 1002: a list of seqs, or the original's range. */
export const pullListData = z
  .object({ ...pullFields, seq_list: optional(z.array(z.int().min(1)).max(LIMITS.pullMessages)) })
  .transform((data) => ({
    conversation_id: data.conversation_id,
    wanted: data.seq_list ?? pullRangeOf(data),
  }));

export const conversationIdQuery = z.object({ conversation_id: conversationIdSchema });
export const newestSeqsData = z.object({
  conversation_ids: optional(z.array(conversationIdSchema).max(LIMITS.listConversations)),
});
export const listQuery = z.object({ cursor: z.string().optional(), limit: queryInteger(1).optional() });
export const conversationUpdateBody = z.object({
  recv_msg_opt: optional(z.union([z.literal(0), z.literal(1), z.literal(2)])),
  is_pinned: optional(z.boolean()),
});
export const markReadBody = z.object({ conversation_id: conversationIdSchema, read_seq: seq });
export const unreadCountQuery = z.object({
  conversation_id: conversationIdSchema.optional(),
  read_seq: queryInteger(0).optional(),
});

/** `GET /msg/read_by`: who of a conversation has read a message. */
export const readByQuery = z.object({
  conversation_id: conversationIdSchema,
  seq: queryInteger(1),
  cursor: z.string().optional(),
  limit: queryInteger(1).optional(),
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
export const syncData = z
  .object({ since: z.int().min(0), page: optional(z.string()), limit: optional(z.int().min(1)) })
  .transform(syncRequest);
export const syncQuery = z
  .object({ since: queryInteger(0), page: z.string().optional(), limit: queryInteger(1).optional() })
  .transform(syncRequest);
export type SyncRequest = z.output<typeof syncData>;

/** `GET /ws`: what may stand in its query. */
export const socketQuery = z.object({
  token: z.string().optional(),
  send_id: z.string().optional(),
  platform_id: queryInteger(0).optional(),
  sdk_type: z.string().optional(),
  since: queryInteger(0).optional(),
  conversation_id: conversationIdSchema.optional(),
});
