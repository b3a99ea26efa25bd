import * as z from "zod";
import { idOrNone, kind, millis, named, role } from "./answer-fields.ts";
import { groupRules } from "./groups.ts";
import { NoticeType as Notice, type NoticeType } from "./model.ts";
import { conversationIdSchema, idSchema } from "./text.ts";

/** The schema of a message. */

const messageMeta = named(
  "MessageMeta",
  z.strictObject({
    reply_to: z.int().min(0).describe("the seq of the message that this one replies to; 0 if none"),
    mentions: z.array(idSchema).describe("the members whom it mentions"),
    mention_all: z.boolean(),
    forwarded: z
      .union([z.strictObject({ sender_id: idSchema, send_at: millis }), z.null()])
      .describe("who wrote the forwarded message, and when"),
  }),
  "what the sender said beside the content",
);

const amended = named(
  "Amended",
  z.strictObject({
    rev: z.int().positive().describe("the conversation's change number at this message's last change"),
    edited_at: millis.describe("0 if never"),
    recalled_at: millis.describe("0 if never"),
    recalled_by: idOrNone,
    reactions: z
      .array(z.tuple([z.string().min(1), z.int().positive()]))
      .describe("[emoji, number of users], oldest first"),
    pinned_at: millis.describe("0 if it is not pinned"),
    pinned_by: idOrNone,
  }),
  "what became of a message after it was sent",
);

const notice = { operator_id: idSchema, user_ids: z.array(idSchema) };

/** The content of each notice. */
const NOTICES: Readonly<Record<NoticeType, z.ZodType>> = {
  [Notice.JOINED]: z.strictObject({ ...notice, inviter_user_id: idOrNone }),
  [Notice.INVITED]: z.strictObject(notice),
  [Notice.QUIT]: z.strictObject(notice),
  [Notice.KICKED]: z.strictObject({
    ...notice,
    banned_until: millis.optional().describe("only of a ban; 0 if it has no end"),
  }),
  [Notice.ROLE]: z.strictObject({ ...notice, role_level: role }),
  [Notice.OWNER]: z.strictObject(notice),
  [Notice.MUTE]: z.strictObject({ ...notice, seconds: z.int().min(0), muted_until: millis }),
  [Notice.GROUP_UPDATED]: z.strictObject({
    ...notice,
    name: z.string().optional(),
    introduction: z.string().optional(),
    avatar: z.string().optional(),
    announcement: z.string().optional(),
    extra: z.string().optional(),
    ...groupRules.partial().shape,
  }),
  [Notice.APPROVED]: z.strictObject(notice),
  [Notice.DISMISSED]: z.strictObject(notice),
  [Notice.OWNER_FOLLOWED]: z.strictObject(notice),
  [Notice.PINNED]: z.strictObject({ ...notice, seq: z.int().positive() }),
};

const notices = new Map<number, z.ZodType>(Object.entries(NOTICES).map(([type, schema]) => [Number(type), schema]));

export const message = named(
  "Message",
  z
    .strictObject({
      server_msg_id: z.int().positive().describe("rises with time"),
      id: z.int().positive().describe("the same as server_msg_id"),
      conversation_id: conversationIdSchema,
      seq: z.int().positive(),
      client_msg_id: z.string().describe('"" in a notice'),
      sender_id: idSchema,
      recv_id: idOrNone.describe('"" in a group'),
      group_id: idOrNone.describe('"" in a single chat'),
      session_type: kind.describe("1 single, 2 group"),
      msg_type: z.int(),
      content: z.record(z.string(), z.unknown()).describe("the newest; `{}` after a recall"),
      send_at: millis,
      meta: z.union([messageMeta, z.null()]),
      amended: z.union([amended, z.null()]).describe("null while the message is as it was sent"),
    })
    .refine(({ id, server_msg_id }) => id === server_msg_id, { path: ["id"], error: "is not server_msg_id" })
    .refine((sent) => (sent.session_type === 1 ? sent.group_id === "" : sent.recv_id === ""), {
      path: ["session_type"],
      error: "does not fit recv_id and group_id",
    })
    .refine(({ msg_type, content }) => notices.get(msg_type)?.safeParse(content).success ?? true, {
      path: ["content"],
      error: "is not the content of this notice",
    }),
  "its identity is (conversation_id, seq)",
);
