import * as z from "zod";
import { Code } from "./codes.ts";
import { conversationIdSchema, idSchema } from "./text.ts";

/** The answers of push notifications. Tests and documents use them; no bundle contains them. */

const kind = z.enum(["webpush", "fcm", "hook"]);

const pushKey = z
  .strictObject({
    public_key: z.string().describe('for PushManager.subscribe; "" if this server has no Web Push'),
    kinds: z.array(kind).describe("the kinds of devices that this server can reach"),
  })
  .meta({ id: "PushKey" });
const pushDevice = z.strictObject({ device_id: idSchema }).meta({ id: "PushDevice" });

/** What a device gets: the plain text of a Web Push; in FCM's `data` every value is a string. */
export const pushPayload = z
  .strictObject({
    type: z.enum(["message", "withdraw"]),
    user_id: idSchema,
    conversation_id: z.string(),
    seq: z.int().min(0),
    sent_at: z.int().min(0),
    title: z.string(),
    body: z.string(),
    unread_count: z.int().min(0),
    badge: z.int().min(0),
  })
  .meta({ id: "PushPayload" });

/** The answers of the routes of push notifications, as in ROUTE_ANSWERS. */
export const PUSH_ANSWERS = {
  "GET /push/key": {
    answer: pushKey,
    codes: [],
    summary: "Get the key for Web Push, and the kinds of devices that this server can reach.",
    isNew: true,
  },
  "POST /push/register": {
    answer: pushDevice,
    codes: [],
    summary: "Send push notifications to this login's device. A login has one device of each kind.",
    isNew: true,
  },
  "POST /push/unregister": {
    answer: z.null(),
    codes: [],
    summary: "Stop push notifications to a device of this login; without device_id to all of them.",
    isNew: true,
  },
  "GET /push/conversations": {
    answer: z.array(conversationIdSchema),
    codes: [],
    summary: "List the groups of which the user wants notifications of every message even if they are large.",
    isNew: true,
  },
  "PUT /push/conversation": {
    answer: z.null(),
    codes: [Code.CONVERSATION_NOT_FOUND, Code.TOO_MANY],
    summary: "Have notifications of every message of a group even if it is large, or no longer. At most 100 groups.",
    isNew: true,
  },
} as const;
