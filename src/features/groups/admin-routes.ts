import type { Context } from "hono";
import type { UserResult } from "../../core/plan.ts";
import { askObject } from "../../core/rpc.ts";
import { unknownUsers } from "../../directory/users.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { type Handlers, Page } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { groupConversationId, randomId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { changeGroupFree, createGroupFree, groupFacts, listMembers } from "./calls.ts";
import type { GroupOperation } from "./operation.ts";
import { changesOf, groupOf, memberViews } from "./views.ts";

type Keys = Extract<keyof Handlers, `${string} /admin/groups` | `${string} /admin/groups/${string}`>;

/**
 * Groups, for the backend of an application. Each change is made in the name of the group's owner, through the owner's
 * inbox, so that it meets the same rules as theirs. The owner's limits do not apply.
 */
export const adminGroupRoutes: Pick<Handlers, Keys> = {
  "POST /admin/groups": async ({ body }, c) => {
    const { group_id = randomId(), owner_id, name, introduction = "", avatar = "", member_ids = [] } = body;
    const unknown = await unknownUsers(c.env.DB, [owner_id, ...member_ids]);
    if (unknown.length > 0) throw new NexoError(Code.USER_NOT_FOUND, `no user ${unknown.join(", ")}`);
    const now = Date.now();
    const group = { group_id, name, introduction, avatar, creator_user_id: owner_id, created_at: now, updated_at: now };
    await askObject(c.env.INBOX.getByName(owner_id), createGroupFree, { group, member_ids });
    return await groupOf(c, group_id, null);
  },

  "GET /admin/groups/:group_id": ({ params: { group_id } }, c) => groupOf(c, group_id, null),

  "PUT /admin/groups/:group_id": async ({ params: { group_id }, body }, c) => {
    await operate(c, group_id, { type: "update", ...changesOf(body) });
    return await groupOf(c, group_id, null);
  },

  "GET /admin/groups/:group_id/members": async ({ params: { group_id }, query }, c) => {
    const { cursor: after = "", limit = LIMITS.listMembers } = query;
    const asked = { user_id: await ownerOf(c, group_id), after, limit };
    const conversation = c.env.CONVERSATION.getByName(groupConversationId(group_id));
    const { members, next } = await askObject(conversation, listMembers, asked);
    return new Page(await memberViews(c, group_id, members), next);
  },

  "POST /admin/groups/:group_id/add": async ({ params: { group_id }, body: { user_ids } }, c) => {
    const unknown = await unknownUsers(c.env.DB, user_ids);
    return await operate(c, group_id, { type: "invite", user_ids, unknown });
  },

  "POST /admin/groups/:group_id/remove": ({ params: { group_id }, body: { user_ids } }, c) =>
    operate(c, group_id, { type: "kick", user_ids }),

  "POST /admin/groups/:group_id/role": ({ params: { group_id }, body: { user_id, role_level } }, c) =>
    change(c, group_id, { type: "set_role", user_id, role: role_level }),

  "POST /admin/groups/:group_id/transfer": ({ params: { group_id }, body: { user_id } }, c) =>
    change(c, group_id, { type: "transfer", user_id }),

  "POST /admin/groups/:group_id/mute": ({ params: { group_id }, body: { user_id = null, seconds } }, c) =>
    change(c, group_id, { type: "mute", user_id, seconds }),

  "POST /admin/groups/:group_id/dismiss": ({ params: { group_id } }, c) => change(c, group_id, { type: "dismiss" }),
};

async function change(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<null> {
  await operate(c, groupId, operation);
  return null;
}

async function operate(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<readonly UserResult[]> {
  const input = { conversation_id: groupConversationId(groupId), operation };
  return await askObject(c.env.INBOX.getByName(await ownerOf(c, groupId)), changeGroupFree, input);
}

/** @throws NexoError GROUP_NOT_FOUND; GROUP_DISMISSED for a dismissed group that its owner has left */
async function ownerOf(c: Context<AppEnv>, groupId: string): Promise<string> {
  const facts = await askObject(c.env.CONVERSATION.getByName(groupConversationId(groupId)), groupFacts, null);
  if (facts.owner_user_id === "") throw new NexoError(Code.GROUP_DISMISSED);
  return facts.owner_user_id;
}
