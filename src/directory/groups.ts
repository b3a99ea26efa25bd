import { and, eq, inArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Millis } from "../protocol/model.ts";
import { groups } from "./schema.ts";

export type GroupRow = typeof groups.$inferSelect;

/** Writes down a group's names. A repeat changes nothing: the first attempt may have been lost on its way. */
export async function insertGroup(db: D1Database, group: GroupRow): Promise<void> {
  await drizzle(db).insert(groups).values(group).onConflictDoNothing();
}

export async function findGroup(db: D1Database, groupId: string): Promise<GroupRow | undefined> {
  const [row] = await drizzle(db).select().from(groups).where(eq(groups.group_id, groupId));
  return row;
}

/** Which of some ids is a group that this user created. */
export async function findOwnGroup(
  db: D1Database,
  creatorId: string,
  groupIds: readonly string[],
): Promise<string | undefined> {
  const [row] = await drizzle(db)
    .select({ group_id: groups.group_id })
    .from(groups)
    .where(and(inArray(groups.group_id, [...groupIds]), eq(groups.creator_user_id, creatorId)));
  return row?.group_id;
}

/** Changes what is given of a group's names. */
export async function updateGroup(
  db: D1Database,
  groupId: string,
  changes: Readonly<Record<string, string>>,
  now: Millis,
): Promise<void> {
  const { name, introduction, avatar } = changes;
  await drizzle(db)
    .update(groups)
    .set({
      ...(name !== undefined && { name }),
      ...(introduction !== undefined && { introduction }),
      ...(avatar !== undefined && { avatar }),
      updated_at: now,
    })
    .where(eq(groups.group_id, groupId));
}

/** What a conversation is called in a list. */
export interface Card {
  readonly title: string;
  readonly avatar: string;
}

/** Names and pictures of some users and groups, all in one query. */
export async function findCards(
  db: D1Database,
  userIds: readonly string[],
  groupIds: readonly string[],
): Promise<{ users: Map<string, Card>; groups: Map<string, Card> }> {
  const cards = { users: new Map<string, Card>(), groups: new Map<string, Card>() };
  if (userIds.length === 0 && groupIds.length === 0) return cards;
  const rows = await drizzle(db).all<{ kind: "users" | "groups"; id: string; title: string; avatar: string }>(sql`
    SELECT 'users' AS kind, user_id AS id, nickname AS title, avatar FROM users
    WHERE user_id IN (SELECT value FROM json_each(${JSON.stringify(userIds)}))
    UNION ALL
    SELECT 'groups', group_id, name, avatar FROM groups
    WHERE group_id IN (SELECT value FROM json_each(${JSON.stringify(groupIds)}))`);
  for (const { kind, id, title, avatar } of rows) cards[kind].set(id, { title, avatar });
  return cards;
}
