import * as z from "zod";
import { count, idOrNone, millis, named } from "./answer-fields.ts";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";
import { idSchema } from "./text.ts";

/** The answers of the routes in groups.ts. For tests and documents: bundles import their types only. */

const person = { group_id: idSchema, user_id: idSchema, nickname: z.string(), avatar: z.string() };
const application = named(
  "GroupApplication",
  z.strictObject({ ...person, inviter_user_id: idOrNone, applied_at: millis }),
  "a user who waits for approval",
);
const ban = named(
  "GroupBan",
  z.strictObject({
    ...person,
    banned_by: idSchema,
    banned_at: millis,
    banned_until: millis.describe("0 if it has no end"),
  }),
  "a user who may not come into a group",
);
const link = named(
  "GroupLink",
  z.strictObject({
    group_id: idSchema,
    code: z.string().min(1),
    creator_user_id: idSchema,
    created_at: millis,
    expires_at: millis.describe("0 if it has no end"),
    max_uses: count.describe("0 for any number"),
    uses: count,
  }),
  "an invite link",
);
const card = named(
  "GroupCard",
  z.strictObject({
    group_id: idSchema,
    name: z.string(),
    introduction: z.string(),
    avatar: z.string(),
    member_count: count,
  }),
  "what the holder of an invite link sees of its group",
);

const GROUP = [Code.GROUP_NOT_FOUND, Code.NOT_A_MEMBER, Code.GROUP_DISMISSED, Code.NOT_ADMIN] as const;

export const GROUP_ANSWERS = {
  "GET /group/applications": {
    answer: z.array(application),
    paged: true,
    codes: GROUP,
    summary: "List the users who wait for approval, the first first. Applications are gone after 30 days.",
    isNew: true,
  },
  "POST /group/applications/answer": {
    answer: answers.nothing,
    codes: [...GROUP, Code.NOT_FOUND, Code.USER_NOT_FOUND, Code.GROUP_FULL],
    summary: "Let a user in who waits for approval, or decline. A declined user is not told.",
    isNew: true,
  },
  "POST /group/link": {
    answer: link,
    codes: [...GROUP, Code.TOO_MANY],
    summary: "Make an invite link. It lets users in whatever the join_mode is, but none who was kicked or banned.",
    isNew: true,
  },
  "GET /group/link": {
    answer: card,
    codes: [Code.LINK_INVALID],
    summary: "Get the card of the group of an invite link.",
    isNew: true,
  },
  "GET /group/links": { answer: z.array(link), codes: GROUP, summary: "List the live invite links.", isNew: true },
  "POST /group/link/revoke": {
    answer: answers.nothing,
    codes: GROUP,
    summary: "End an invite link, or without code all of them.",
    isNew: true,
  },
  "POST /group/ban": {
    answer: answers.nothing,
    codes: [...GROUP, Code.USER_NOT_FOUND, Code.NOT_OWNER, Code.OWNER_STAYS, Code.TOO_MANY],
    summary: "Keep a user out of a group, for some seconds or without an end. A member is removed, too.",
    isNew: true,
  },
  "POST /group/unban": {
    answer: answers.nothing,
    codes: GROUP,
    summary: "End a ban. The user may come in again like anyone.",
    isNew: true,
  },
  "GET /group/bans": {
    answer: z.array(ban),
    paged: true,
    codes: GROUP,
    summary: "List the users who are banned, the last first.",
    isNew: true,
  },
} as const;
