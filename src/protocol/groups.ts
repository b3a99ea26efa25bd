import * as z from "zod";
import { JoinMode } from "./group-model.ts";
import { LIMITS } from "./limits.ts";
import { orAbsent, queryLimit } from "./query.ts";
import { searchWords } from "./search.ts";
import { bytes, idSchema, name as nameOf, optional } from "./text.ts";

/** Groups: how users come in and what keeps them out, and the switches. The input of these routes. */

/** The switches of a group. Its answer has them, too. */
export const groupRules = z.object({
  join_mode: z.literal(Object.values(JoinMode)).describe("1 open, 2 approval, 3 by invitation only"),
  members_may_invite: z.boolean(),
  members_may_mention_all: z.boolean(),
  members_may_pin: z.boolean(),
  members_may_see_members: z.boolean().describe("the list of members, and who has read a message"),
  announcement_only: z.boolean().describe("only the owner and admins send"),
  slow_mode: z
    .int()
    .min(0)
    .max(LIMITS.slowModeSeconds)
    .describe("seconds between two messages of a member below admin; 0 for none"),
});

const { shape } = groupRules;
const groupText = bytes(0, LIMITS.groupTextBytes);
const profileText = bytes(0, LIMITS.profileTextBytes);

/** What may be changed of a group. */
export const groupChanges = {
  name: optional(nameOf(1, LIMITS.nameCharacters)),
  introduction: optional(profileText),
  avatar: optional(profileText),
  announcement: optional(groupText),
  extra: optional(groupText),
  join_mode: optional(shape.join_mode),
  members_may_invite: optional(shape.members_may_invite),
  members_may_mention_all: optional(shape.members_may_mention_all),
  members_may_pin: optional(shape.members_may_pin),
  members_may_see_members: optional(shape.members_may_see_members),
  announcement_only: optional(shape.announcement_only),
  slow_mode: optional(shape.slow_mode),
};

export const groupUpdateBody = z.object({ group_id: idSchema, ...groupChanges });

/** A text in a query or a body of which "" counts as absent. */
const given = (text: z.ZodString) => optional(z.string().transform(orAbsent).pipe(text.optional()));
const linkCode = z.string().max(LIMITS.linkCodeCharacters);

/** A group by its id, or by the code of an invite link. */
export const groupJoinBody = z
  .object({ group_id: given(idSchema), inviter_id: given(idSchema), code: given(linkCode) })
  .superRefine(({ group_id, code }, context) => {
    if (group_id !== undefined || code !== undefined) return;
    context.addIssue({
      code: "custom",
      path: ["group_id"],
      message: "is missing: give group_id, or the code of a link",
    });
  });

const group = z.object({ group_id: idSchema });
const groupUser = z.object({ group_id: idSchema, user_id: idSchema });
const pageQuery = z.object({ group_id: idSchema, cursor: z.string().optional(), limit: queryLimit });
const linkBody = z.object({
  group_id: idSchema,
  expires_in: optional(z.int().min(0).max(LIMITS.linkSeconds)),
  max_uses: optional(z.int().min(0).max(LIMITS.linkUses)),
});

export const groupMembersQuery = z.object({
  group_id: idSchema,
  cursor: z.string().optional(),
  limit: queryLimit,
  /** Only members whose name, name in the group or id has every word. */
  q: z.string().transform(orAbsent).pipe(searchWords.optional()).optional(),
});

/** The routes of this page by method and path, with the schemas of their input. */
export const GROUP_ROUTES = {
  "GET /group/applications": { auth: true, query: pageQuery },
  "POST /group/applications/answer": { auth: true, body: groupUser.extend({ accept: z.boolean() }) },
  "POST /group/link": { auth: true, body: linkBody },
  "GET /group/link": { auth: true, query: z.object({ code: linkCode.min(1) }) },
  "GET /group/links": { auth: true, query: group },
  "POST /group/link/revoke": { auth: true, body: group.extend({ code: given(linkCode) }) },
  "POST /group/ban": {
    auth: true,
    body: groupUser.extend({ seconds: optional(z.int().min(0).max(LIMITS.banSeconds)) }),
  },
  "POST /group/unban": { auth: true, body: groupUser },
  "GET /group/bans": { auth: true, query: pageQuery },
} as const;
