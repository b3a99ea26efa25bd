import { and, eq, inArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Card, Millis } from "../protocol/model.ts";
import { inTime } from "./query.ts";
import { groups } from "./schema.ts";

export type GroupRow = typeof groups.$inferSelect;

const card = { title: groups.name, avatar: groups.avatar };

/**
 * Stores a group's names. A repeat changes nothing, because the first attempt may have succeeded without an answer.
 * @returns the group's names, from this attempt or the first
 */
export async function insertGroup(db: D1Database, group: GroupRow): Promise<Card | undefined> {
  // DO NOTHING would return no row.
  const same = { target: groups.group_id, set: { group_id: group.group_id } };
  const [row] = await inTime(drizzle(db).insert(groups).values(group).onConflictDoUpdate(same).returning(card));
  return row;
}

/** The first of these ids that is a group created by this user. */
export async function findOwnGroup(
  db: D1Database,
  creatorId: string,
  groupIds: readonly string[],
): Promise<string | undefined> {
  const query = drizzle(db)
    .select({ group_id: groups.group_id })
    .from(groups)
    .where(and(inArray(groups.group_id, [...groupIds]), eq(groups.creator_user_id, creatorId)));
  const [row] = await inTime(query);
  return row?.group_id;
}

export async function findGroup(db: D1Database, groupId: string): Promise<GroupRow | undefined> {
  const [row] = await inTime(drizzle(db).select().from(groups).where(eq(groups.group_id, groupId)));
  return row;
}

/** Changes the given fields of a group's names. @returns the names after the change */
export async function updateGroup(
  db: D1Database,
  groupId: string,
  changes: Readonly<Record<string, string>>,
  now: Millis,
): Promise<Card | undefined> {
  const { name, introduction, avatar } = changes;
  const set = {
    ...(name !== undefined && { name }),
    ...(introduction !== undefined && { introduction }),
    ...(avatar !== undefined && { avatar }),
    updated_at: now,
  };
  const [row] = await inTime(drizzle(db).update(groups).set(set).where(eq(groups.group_id, groupId)).returning(card));
  return row;
}

/** Names and pictures of users and groups, in one query. */
export async function findCards(
  db: D1Database,
  userIds: readonly string[],
  groupIds: readonly string[],
): Promise<{ users: Map<string, Card>; groups: Map<string, Card> }> {
  const cards = { users: new Map<string, Card>(), groups: new Map<string, Card>() };
  if (userIds.length === 0 && groupIds.length === 0) return cards;
  const query = sql`
    SELECT 'users' AS kind, user_id AS id, nickname AS title, avatar FROM users
    WHERE user_id IN (SELECT value FROM json_each(${JSON.stringify(userIds)}))
    UNION ALL
    SELECT 'groups', group_id, name, avatar FROM groups
    WHERE group_id IN (SELECT value FROM json_each(${JSON.stringify(groupIds)}))`;
  type Row = { kind: "users" | "groups"; id: string; title: string; avatar: string };
  const rows = await inTime(drizzle(db).all<Row>(query));
  for (const { kind, id, title, avatar } of rows) cards[kind].set(id, { title, avatar });
  return cards;
}
