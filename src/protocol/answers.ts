import * as z from "zod";
import { count, idOrNone, kind, memberStatus, millis, named, rev, role, seq, step } from "./answer-fields.ts";
import { GroupStatus } from "./group-model.ts";
import { groupRules } from "./groups.ts";
import { message } from "./message-answers.ts";
import { conversationIdSchema, idSchema } from "./text.ts";

/**
 * Schemas of what the server sends. Tests parse every answer with them, and the API documents are generated from them.
 * They are as strict as the contract: every field is present, and no other. Code that is bundled imports only their
 * types, so neither the Worker nor the SDK contains them.
 */

export const nothing = z.null();

const userFields = {
  user_id: idSchema,
  id: idSchema.describe("the same as user_id"),
  nickname: z.string(),
  avatar: z.string(),
  extra: z.string(),
  created_at: millis,
};
export const user = named("User", z.strictObject(userFields));
export const me = named(
  "Me",
  z.strictObject({ ...userFields, hidden: z.boolean().describe("looks offline to everyone") }),
  "the caller's own account",
);

export const token = named("Token", z.strictObject({ token: z.string(), expires_at: millis }));
export const login = named("Login", z.strictObject({ token: z.string(), expires_at: millis, user_info: user }));

export const group = named(
  "Group",
  z.strictObject({
    id: idSchema,
    name: z.string(),
    introduction: z.string(),
    avatar: z.string(),
    announcement: z.string().describe('shown above the messages; "" for none'),
    extra: z.string().describe("for the application's own use"),
    ...groupRules.shape,
    status: z.literal(Object.values(GroupStatus)).describe("1 normal, 2 dismissed"),
    creator_user_id: idSchema,
    owner_user_id: idOrNone.describe('"" once the owner has left a dismissed group'),
    member_count: count,
    created_at: millis,
    updated_at: millis,
  }),
);

export const member = named(
  "Member",
  z.strictObject({
    group_id: idSchema,
    user_id: idSchema,
    nickname: z.string(),
    avatar: z.string(),
    group_nickname: z.string(),
    role_level: role.describe("1 member, 2 admin, 3 owner"),
    status: memberStatus.describe("1 normal, 2 quit, 3 kicked, 4 invited, 5 banned"),
    joined_at: millis,
    join_seq: seq.describe("the seq of the member's join notice; 0 for first members"),
    inviter_user_id: idOrNone,
    muted_until: millis.describe("0 when not muted"),
  }),
);

export const userResult = named(
  "UserResult",
  z.strictObject({ user_id: idSchema, code: z.int().describe("0, or the reason why this user was skipped") }),
);

export const conversation = named(
  "Conversation",
  z.strictObject({
    conversation_id: conversationIdSchema,
    conversation_type: kind.describe("1 single, 2 group"),
    peer_user_id: idOrNone.describe('"" in a group'),
    group_id: idOrNone.describe('"" in a single chat'),
    title: z.string().describe("the peer's or the group's name"),
    avatar: z.string(),
    recv_msg_opt: z.int().min(0).max(2).describe("0 normal, 1 no alert, 2 refuse"),
    is_pinned: z.boolean(),
    is_unread: z.boolean().describe("marked as unread by the caller"),
    is_archived: z.boolean().describe("not in the totals"),
    snooze_until: millis.describe("until then it counts as one without alerts; 0 for never"),
    unread_count: count,
    max_seq: seq.describe("the newest seq that the caller sees"),
    rev: rev.describe("the change number of messages, as far as the list knows"),
    mention_count: count.describe("unread messages that mention the caller, at most 100"),
    mention_seq: seq.describe("the first of them; 0 if there are none"),
    application_count: count.describe("users who wait for the caller's approval; 0 for members below admin"),
    read_seq: seq,
    peer_read_seq: seq.describe("how far the peer of a single chat has read; 0 in a group"),
    min_seq: seq,
    my_role: role.describe("1 member, 2 admin, 3 owner"),
    my_status: memberStatus.describe("1 normal, 2 quit, 3 kicked, 4 invited, 5 banned"),
    muted_until: millis.describe("0 when the caller may send"),
    last_message: z.union([message, z.null()]).describe("null when none is visible; a text is cut at 256 characters"),
    updated_at: millis,
  }),
  "a conversation as the caller sees it",
);

export const goneConversation = named(
  "GoneConversation",
  z.strictObject({ conversation_id: conversationIdSchema, gone: z.literal(true) }),
  "a conversation that left the list",
);

export const maxSeq = named("MaxSeq", z.strictObject({ max_seq: seq }));
export const readState = named("ReadState", z.strictObject({ max_seq: seq, rev, read_seq: seq, unread_count: count }));
export const readBy = named("ReadBy", z.strictObject({ user_id: idSchema, read_seq: seq }));
export const unreadCount = named("UnreadCount", z.strictObject({ unread_count: count }));
export const totals = named(
  "Totals",
  z.strictObject({ unread_count: count, muted_unread_count: count }),
  "of all conversations together",
);

export const presence = named(
  "Presence",
  z.strictObject({
    user_id: idSchema,
    status: z.literal([0, 1]).describe("1 online; 0 offline, or not shown to the caller"),
    detail_platform_status: z.array(
      z.strictObject({ platform_id: z.int().min(1), platform_name: z.string().min(1), conn_id: z.string().min(1) }),
    ),
  }),
);
export const presences = named("Presences", z.strictObject({ items: z.array(presence) }));

export const synced = named(
  "Synced",
  z.strictObject({
    conversations: z.array(z.union([conversation, goneConversation])),
    next: z.string().describe('where the next page begins; "" on the last'),
    cursor: z.int().min(0),
    has_more: z.boolean(),
    server_time: millis.describe("the server's clock, to compare its other times with"),
  }),
);

export const sent = named(
  "Sent",
  z.strictObject({
    server_msg_id: z.int().positive(),
    conversation_id: conversationIdSchema,
    seq: z.int().positive(),
    client_msg_id: z.string(),
    send_at: millis,
    ...step,
  }),
);
export const newestSeqs = named("NewestSeqs", z.strictObject({ seqs: z.record(conversationIdSchema, seq) }));
export const marked = named("Marked", z.strictObject({ read_seq: seq, ...step }));

export const newMessages = named(
  "NewMessages",
  z.strictObject({
    msgs: z.record(conversationIdSchema, z.array(message)),
    revs: z.record(conversationIdSchema, rev),
    ...step,
  }),
);
export const signedOut = named(
  "SignedOut",
  z.strictObject({
    reason: z.enum(["new_login", "logout", "password", "banned", "erased", "expired", "refused"]),
    code: z.int().positive(),
  }),
);
export const markMoved = named(
  "MarkMoved",
  z.strictObject({ conversation_id: conversationIdSchema, user_id: idSchema, read_seq: seq, ...step }),
);
export const resync = named("Resync", z.strictObject({ reason: z.string() }));
export const typed = named(
  "Typed",
  z.strictObject({ conversation_id: conversationIdSchema, user_id: idSchema, typing: z.boolean() }),
);
export const conversationChanged = named(
  "ConversationChanged",
  z.strictObject({ conversation: z.union([conversation, goneConversation]), ...step }),
);

export const ready = named("Ready", z.strictObject({ status: z.literal("ready") }));
export const health = named("Health", z.strictObject({ status: z.literal("ok") }));
/** Where the next page of a list begins. */
const pageMeta = named(
  "PageMeta",
  z.strictObject({ next_cursor: z.string().describe('"" on the last page'), has_more: z.boolean() }),
);

/** The answer of a route to a successful request. */
export function success(data: z.ZodType, paged = false) {
  const envelope = { code: z.literal(0), msg: z.literal("success"), data };
  return z.strictObject(paged ? { ...envelope, meta: pageMeta } : envelope);
}

/** The answer of a route to a failed request. `message` repeats `msg`, as on the original's server. */
export const failure = z
  .strictObject({
    code: z.int().positive(),
    msg: z.string().min(1),
    message: z.string(),
    data: z.null(),
  })
  .refine(({ msg, message: repeated }) => repeated === msg, { path: ["message"], error: "is not msg" });
