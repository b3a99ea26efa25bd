import type { Context } from "hono";
import type { Member } from "../../core/member.ts";
import { askObject } from "../../core/rpc.ts";
import { findCards, findGroup } from "../../directory/groups.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import type { GroupMember } from "../../protocol/group-model.ts";
import { type Group, type GroupRules, OPEN_RULES } from "../../protocol/group-model.ts";
import { groupConversationId } from "../../protocol/ids.ts";
import type { Card } from "../../protocol/model.ts";
import type { Texts } from "./book-store.ts";
import { groupFacts } from "./calls.ts";
import type { GroupChanges } from "./operation.ts";

/** A group as a user sees it; null is the operator. @throws NexoError GROUP_NOT_FOUND */
export async function groupOf(
  c: Context<AppEnv>,
  groupId: string,
  viewer: { readonly user_id: string } | null,
): Promise<Group> {
  const stub = c.env.CONVERSATION.getByName(groupConversationId(groupId));
  const facts = await askObject(stub, groupFacts, viewer && { user_id: viewer.user_id });
  const row = await findGroup(c.env.DB, groupId);
  if (!row) throw new NexoError(Code.GROUP_NOT_FOUND);
  const { name, introduction, avatar, creator_user_id, created_at, updated_at } = row;
  const { status, owner_user_id, member_count, rules = OPEN_RULES, texts } = facts;
  return {
    id: groupId,
    name,
    introduction,
    avatar,
    announcement: texts?.announcement ?? "",
    extra: texts?.extra ?? "",
    ...rules,
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

/** Users with their names and pictures. */
export async function withNames<T extends { readonly user_id: string }>(
  c: Context<AppEnv>,
  groupId: string,
  people: readonly T[],
): Promise<(T & { group_id: string; nickname: string; avatar: string })[]> {
  const { users } = await findCards(
    c.env.DB,
    people.map(({ user_id }) => user_id),
    [],
  );
  const cardOf = (id: string): Card => users.get(id) ?? { title: "", avatar: "" };
  return people.map((person) => {
    const { title: nickname, avatar } = cardOf(person.user_id);
    return { ...person, group_id: groupId, nickname, avatar };
  });
}

type Given = { readonly [K in "name" | "introduction" | "avatar" | keyof Texts]?: string | undefined } & {
  readonly [K in keyof GroupRules]?: GroupRules[K] | undefined;
};

/** What an update changes, by who keeps it. Absent fields are not changed. */
export function changesOf({ name, introduction, avatar, announcement, extra, ...rules }: Given): GroupChanges {
  return {
    changes: defined({ name, introduction, avatar }),
    texts: defined({ announcement, extra }),
    rules: defined(rules),
  };
}

function defined<T>(fields: { readonly [K in keyof T]?: T[K] | undefined }): { [K in keyof T]: T[K] } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: T[K];
  };
}
