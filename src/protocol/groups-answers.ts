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

const MEMBERS = [Code.GROUP_NOT_FOUND, Code.NOT_A_MEMBER, Code.GROUP_DISMISSED] as const;
const GROUP = [...MEMBERS, Code.NOT_ADMIN] as const;

export const GROUP_ANSWERS = {
  "POST /group/create": {
    answer: answers.group,
    codes: [Code.USER_NOT_FOUND, Code.NOT_ACCEPTED, Code.GROUP_FULL],
    summary: "Create a group. The caller becomes its owner. The same client_group_id gives the same group.",
  },
  "GET /group/info": {
    answer: answers.group,
    codes: [Code.GROUP_NOT_FOUND],
    summary: "Get a group. Any signed-in user may ask.",
  },
  "GET /group/members": {
    answer: z.array(answers.member),
    paged: true,
    codes: [Code.GROUP_NOT_FOUND, Code.NOT_A_MEMBER, Code.NOT_ALLOWED],
    summary: "List the members, owner and admins first. Without a limit, all are returned.",
  },
  "POST /group/join": {
    answer: answers.nothing,
    codes: [
      Code.GROUP_NOT_FOUND,
      Code.GROUP_DISMISSED,
      Code.MEMBER_NOT_ACTIVE,
      Code.ALREADY_A_MEMBER,
      Code.GROUP_FULL,
      Code.REFUSED_BY_APP,
      Code.WAITS,
      Code.LINK_INVALID,
      Code.BANNED,
      Code.NOT_ALLOWED,
      Code.TOO_MANY,
    ],
    summary:
      "Join a group by its id, or by the code of an invite link. Where join_mode is 2, the user waits for approval (3012).",
  },
  "POST /group/quit": {
    answer: answers.nothing,
    codes: [...MEMBERS, Code.OWNER_STAYS],
    summary: "Leave a group.",
  },
  "POST /group/invite": {
    answer: z.array(answers.userResult),
    codes: [...MEMBERS, Code.NOT_ALLOWED],
    summary: "Invite 1 to 100 users. Each has a code of its own.",
    isNew: true,
  },
  "POST /group/kick": {
    answer: z.array(answers.userResult),
    codes: [...MEMBERS, Code.NOT_ADMIN],
    summary: "Remove 1 to 100 members. Each has a code of its own.",
    isNew: true,
  },
  "POST /group/set_role": {
    answer: answers.nothing,
    codes: [...MEMBERS, Code.NOT_OWNER],
    summary: "Make a member an admin (2), or an admin a member (1).",
    isNew: true,
  },
  "POST /group/transfer": {
    answer: answers.nothing,
    codes: [...MEMBERS, Code.NOT_OWNER],
    summary: "Hand the group to another member. The old owner becomes a member.",
    isNew: true,
  },
  "POST /group/dismiss": {
    answer: answers.nothing,
    codes: [...MEMBERS, Code.NOT_OWNER],
    summary: "Dismiss a group. This cannot be undone. Its history stays readable.",
    isNew: true,
  },
  "POST /group/mute": {
    answer: answers.nothing,
    codes: [...MEMBERS, Code.NOT_ADMIN, Code.NOT_OWNER],
    summary:
      "Mute a member, or without user_id everyone below admin. 0 seconds lift the mute; the maximum is 315,360,000.",
    isNew: true,
  },
  "PUT /group/update": {
    answer: answers.group,
    codes: [...MEMBERS, Code.NOT_ADMIN],
    summary: "Change a group's names, texts and switches. Absent fields are not changed.",
    isNew: true,
  },
  "PUT /group/nickname": {
    answer: answers.nothing,
    codes: [...MEMBERS],
    summary: "Set the caller's own name in a group, 0 to 64 characters.",
    isNew: true,
  },
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
