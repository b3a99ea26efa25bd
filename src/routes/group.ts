import { type Context, Hono } from "hono";
import { findCards, findGroup } from "../directory/groups.ts";
import { unknownUsers } from "../directory/users.ts";
import type { Member } from "../domain/member.ts";
import type { GroupOperation, UserResult } from "../domain/operations.ts";
import { outcome } from "../durable/outcome.ts";
import { ask } from "../durable/stubs.ts";
import type { AppEnv } from "../middleware/context.ts";
import { ok } from "../middleware/envelope.ts";
import { authorize, authorizedRead, ownInbox } from "../middleware/inbox.ts";
import { body, query } from "../middleware/validate.ts";
import {
  groupCreateBody,
  groupIdBody,
  groupJoinBody,
  groupMembersQuery,
  groupMuteBody,
  groupNicknameBody,
  groupSetRoleBody,
  groupTransferBody,
  groupUpdateBody,
  groupUsersBody,
} from "../protocol/bodies.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { groupConversationId, randomId } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Group, GroupMember } from "../protocol/model.ts";
import { repeatableGroupId } from "./group-ids.ts";

export const group = new Hono<AppEnv>()
  .post("/create", body(groupCreateBody), async (c) => {
    const login = c.get("login");
    const { name, introduction = "", avatar = "", member_ids = [], client_group_id } = c.req.valid("json");
    await authorize(c);
    const unknown = await unknownUsers(c.env.DB, member_ids);
    if (unknown.length > 0) throw new NexoError(Code.USER_NOT_FOUND, `member_ids: no user ${unknown.join(", ")}`);
    const groupId =
      client_group_id === undefined ? randomId() : await repeatableGroupId(c.env, login.user_id, client_group_id);
    const now = Date.now();
    const names = { name, introduction, avatar, creator_user_id: login.user_id, created_at: now, updated_at: now };
    await ask(ownInbox(c).createGroup(login, { group_id: groupId, ...names }, member_ids));
    return ok(c, await groupOf(c, groupId));
  })

  .get("/info", query(groupIdBody), async (c) => {
    return ok(c, await authorizedRead(c, () => outcome(() => groupOf(c, c.req.valid("query").group_id))));
  })

  .get("/members", query(groupMembersQuery), async (c) => {
    const { group_id, cursor = "", limit = LIMITS.listMembers } = c.req.valid("query");
    const page = () =>
      c.env.CONVERSATION.getByName(groupConversationId(group_id)).members(c.get("login").user_id, cursor, limit);
    const { members, next } = await authorizedRead(c, page);
    return ok(c, await memberViews(c, group_id, members), { next_cursor: next, has_more: next !== "" });
  })

  .post("/join", body(groupJoinBody), async (c) => {
    const { group_id, inviter_id = "" } = c.req.valid("json");
    return await change(c, group_id, { type: "join", inviter_id });
  })

  .post("/quit", body(groupIdBody), (c) => change(c, c.req.valid("json").group_id, { type: "quit" }))

  .post("/invite", body(groupUsersBody), async (c) => {
    const { group_id, user_ids } = c.req.valid("json");
    await authorize(c);
    const unknown = await unknownUsers(c.env.DB, user_ids);
    return ok(c, await operate(c, group_id, { type: "invite", user_ids, unknown }));
  })

  .post("/kick", body(groupUsersBody), async (c) => {
    const { group_id, user_ids } = c.req.valid("json");
    return ok(c, await operate(c, group_id, { type: "kick", user_ids }));
  })

  .post("/set_role", body(groupSetRoleBody), (c) => {
    const { group_id, user_id, role_level } = c.req.valid("json");
    return change(c, group_id, { type: "set_role", user_id, role: role_level });
  })

  .post("/transfer", body(groupTransferBody), (c) => {
    const { group_id, user_id } = c.req.valid("json");
    return change(c, group_id, { type: "transfer", user_id });
  })

  .post("/dismiss", body(groupIdBody), (c) => change(c, c.req.valid("json").group_id, { type: "dismiss" }))

  .post("/mute", body(groupMuteBody), (c) => {
    const { group_id, user_id = null, seconds } = c.req.valid("json");
    return change(c, group_id, { type: "mute", user_id, seconds });
  })

  .put("/update", body(groupUpdateBody), async (c) => {
    const { group_id, ...changes } = c.req.valid("json");
    await operate(c, group_id, { type: "update", changes: defined(changes) });
    return ok(c, await groupOf(c, group_id));
  })

  .put("/nickname", body(groupNicknameBody), (c) => {
    const { group_id, group_nickname } = c.req.valid("json");
    return change(c, group_id, { type: "nickname", group_nickname });
  });

/** An operation by way of the caller's inbox, whose list shows it once this is answered. */
function operate(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<readonly UserResult[]> {
  return ask(ownInbox(c).operate(c.get("login"), groupConversationId(groupId), operation));
}

async function change(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<Response> {
  await operate(c, groupId, operation);
  return ok(c, null);
}

/** @throws NexoError GROUP_NOT_FOUND */
async function groupOf(c: Context<AppEnv>, groupId: string): Promise<Group> {
  const stub = c.env.CONVERSATION.getByName(groupConversationId(groupId));
  const facts = await ask(stub.groupFacts());
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
