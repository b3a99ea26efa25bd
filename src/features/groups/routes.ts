import type { Context } from "hono";
import type { Member } from "../../core/member.ts";
import type { UserResult } from "../../core/plan.ts";
import { askObject } from "../../core/rpc.ts";
import { findCards, findGroup } from "../../directory/groups.ts";
import { unknownUsers } from "../../directory/users.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { askOwn, authorize, readAuthorized } from "../../middleware/inbox.ts";
import { type HandlersBelow, Page } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { groupConversationId, randomId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Group, GroupMember } from "../../protocol/model.ts";
import { changeGroup, createGroup, groupFacts, listMembers } from "./calls.ts";
import { repeatableGroupId } from "./group-ids.ts";
import type { GroupOperation } from "./operations.ts";

export const groupRoutes: HandlersBelow<"group"> = {
  "POST /group/create": async ({ body }, c) => {
    const login = c.get("login");
    const { name, introduction = "", avatar = "", member_ids = [], client_group_id } = body;
    await authorize(c);
    const unknown = await unknownUsers(c.env.DB, member_ids);
    if (unknown.length > 0) throw new NexoError(Code.USER_NOT_FOUND, `member_ids: no user ${unknown.join(", ")}`);
    const groupId =
      client_group_id === undefined ? randomId() : await repeatableGroupId(c.env, login.user_id, client_group_id);
    const now = Date.now();
    const names = { name, introduction, avatar, creator_user_id: login.user_id, created_at: now, updated_at: now };
    await askOwn(c, createGroup, { group: { group_id: groupId, ...names }, member_ids });
    return await groupOf(c, groupId);
  },

  "GET /group/info": async ({ query: { group_id } }, c) => {
    await authorize(c);
    return await groupOf(c, group_id);
  },

  "GET /group/members": async ({ query: { group_id, cursor = "", limit = LIMITS.listMembers } }, c) => {
    const asked = { user_id: c.get("login").user_id, after: cursor, limit };
    const { members, next } = await readAuthorized(c, groupConversationId(group_id), listMembers, asked);
    return new Page(await memberViews(c, group_id, members), next);
  },

  "POST /group/join": ({ body: { group_id, inviter_id = "" } }, c) => change(c, group_id, { type: "join", inviter_id }),

  "POST /group/quit": ({ body: { group_id } }, c) => change(c, group_id, { type: "quit" }),

  "POST /group/invite": async ({ body: { group_id, user_ids } }, c) => {
    await authorize(c);
    const unknown = await unknownUsers(c.env.DB, user_ids);
    return await operate(c, group_id, { type: "invite", user_ids, unknown });
  },

  "POST /group/kick": ({ body: { group_id, user_ids } }, c) => operate(c, group_id, { type: "kick", user_ids }),

  "POST /group/set_role": ({ body: { group_id, user_id, role_level } }, c) =>
    change(c, group_id, { type: "set_role", user_id, role: role_level }),

  "POST /group/transfer": ({ body: { group_id, user_id } }, c) => change(c, group_id, { type: "transfer", user_id }),

  "POST /group/dismiss": ({ body: { group_id } }, c) => change(c, group_id, { type: "dismiss" }),

  "POST /group/mute": ({ body: { group_id, user_id = null, seconds } }, c) =>
    change(c, group_id, { type: "mute", user_id, seconds }),

  "PUT /group/update": async ({ body: { group_id, ...changes } }, c) => {
    await operate(c, group_id, { type: "update", changes: defined(changes) });
    return await groupOf(c, group_id);
  },

  "PUT /group/nickname": ({ body: { group_id, group_nickname } }, c) =>
    change(c, group_id, { type: "nickname", group_nickname }),
};

/** Runs an operation through the caller's inbox. The caller's list shows the result once this is answered. */
function operate(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<readonly UserResult[]> {
  return askOwn(c, changeGroup, { conversation_id: groupConversationId(groupId), operation });
}

async function change(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<null> {
  await operate(c, groupId, operation);
  return null;
}

/** @throws NexoError GROUP_NOT_FOUND */
async function groupOf(c: Context<AppEnv>, groupId: string): Promise<Group> {
  const stub = c.env.CONVERSATION.getByName(groupConversationId(groupId));
  const facts = await askObject(stub, groupFacts, null);
  const row = await findGroup(c.env.DB, groupId);
  if (!row) throw new NexoError(Code.GROUP_NOT_FOUND);
  const { name, introduction, avatar, creator_user_id, created_at, updated_at } = row;
  const { status, owner_user_id, member_count } = facts;
  return {
    id: groupId,
    name,
    introduction,
    avatar,
    status,
    creator_user_id,
    owner_user_id,
    member_count,
    created_at,
    updated_at,
  };
}

async function memberViews(c: Context<AppEnv>, groupId: string, members: readonly Member[]): Promise<GroupMember[]> {
  const cards = await findCards(
    c.env.DB,
    members.map((member) => member.user_id),
    [],
  );
  return members.map((member) => ({
    group_id: groupId,
    user_id: member.user_id,
    nickname: cards.users.get(member.user_id)?.title ?? "",
    avatar: cards.users.get(member.user_id)?.avatar ?? "",
    group_nickname: member.group_nickname,
    role_level: member.role,
    status: member.status,
    joined_at: member.joined_at,
    join_seq: member.join_seq,
    inviter_user_id: member.inviter_user_id,
    muted_until: member.muted_until,
  }));
}

function defined(changes: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
