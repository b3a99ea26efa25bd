import type { Context } from "hono";
import type { Member } from "../../core/member.ts";
import { askObject } from "../../core/rpc.ts";
import { findCards, findGroup } from "../../directory/groups.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { groupConversationId } from "../../protocol/ids.ts";
import type { Group, GroupMember } from "../../protocol/model.ts";
import { groupFacts } from "./calls.ts";

/** A group as clients see it. @throws NexoError GROUP_NOT_FOUND */
export async function groupOf(c: Context<AppEnv>, groupId: string): Promise<Group> {
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

/** Members with their names and pictures. */
export async function memberViews(
  c: Context<AppEnv>,
  groupId: string,
  members: readonly Member[],
): Promise<GroupMember[]> {
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

/** The fields of a change that are given. */
export function defined(changes: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
