import { and, DrizzleQueryError, eq, gte, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { User } from "../protocol/account-model.ts";
import type { Millis } from "../protocol/model.ts";
import { folded } from "../protocol/search.ts";
import { inTime } from "./query.ts";
import { users } from "./schema.ts";

export interface Credentials {
  readonly password_hash: string;
  readonly password_version: number;
  /** When the account was erased; 0 while it lives. */
  readonly erased_at: Millis;
}

const profile = {
  user_id: users.user_id,
  nickname: users.nickname,
  avatar: users.avatar,
  extra: users.extra,
  created_at: users.created_at,
};

/** A list of any length as one bound parameter, since D1 accepts only a hundred. */
const among = (ids: readonly string[]) =>
  sql`${users.user_id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;

/** Accounts that were not erased. */
const living = eq(users.erased_at, 0);

/** Creates a user. @returns false if the id is taken; nothing is changed then. */
export async function insertUser(
  db: D1Database,
  user: {
    user_id: string;
    nickname: string;
    avatar: string;
    extra?: string;
    password_hash: string;
    created_at: Millis;
  },
): Promise<boolean> {
  const inserted = await withSecret(
    drizzle(db).insert(users).values(user).onConflictDoNothing().returning({ user_id: users.user_id }),
  );
  return inserted.length > 0;
}

export async function findUser(db: D1Database, userId: string): Promise<User | undefined> {
  const [row] = await inTime(drizzle(db).select(profile).from(users).where(eq(users.user_id, userId)));
  return row && toUser(row);
}

/** The users that exist among some ids, in the order asked. An id given twice is returned once. */
export async function findUsers(db: D1Database, userIds: readonly string[]): Promise<User[]> {
  if (userIds.length === 0) return [];
  const rows = await inTime(drizzle(db).select(profile).from(users).where(among(userIds)));
  const found = new Map(rows.map((row) => [row.user_id, toUser(row)]));
  return [...new Set(userIds)].flatMap((id) => found.get(id) ?? []);
}

/** Those of some ids that no user has, or whose accounts were erased. */
export async function unknownUsers(db: D1Database, userIds: readonly string[]): Promise<string[]> {
  if (userIds.length === 0) return [];
  const query = drizzle(db).select({ user_id: users.user_id }).from(users);
  const rows = await inTime(query.where(and(among(userIds), living)));
  const known = new Set(rows.map((row) => row.user_id));
  return [...new Set(userIds)].filter((id) => !known.has(id));
}

/** Whether /user/search finds a user; undefined if there is none. */
export async function findFindable(db: D1Database, userId: string): Promise<boolean | undefined> {
  const query = drizzle(db).select({ findable: users.findable }).from(users).where(eq(users.user_id, userId));
  const [row] = await inTime(query);
  return row && row.findable === 1;
}

/** Sets whether /user/search finds a user. @returns the new value; undefined if there is no such user */
export async function setFindable(db: D1Database, userId: string, findable: boolean): Promise<boolean | undefined> {
  for (;;) {
    const found = drizzle(db).select({ nickname: users.nickname }).from(users);
    const [user] = await inTime(found.where(and(eq(users.user_id, userId), living)));
    if (!user) return undefined;
    // The name may change meanwhile.
    const query = drizzle(db)
      .update(users)
      .set({ findable: findable ? 1 : 0, search_name: findable ? folded(user.nickname) : null })
      .where(and(eq(users.user_id, userId), living, eq(users.nickname, user.nickname)));
    const [row] = await inTime(query.returning({ findable: users.findable }));
    if (row) return row.findable === 1;
  }
}

/**
 * Users who let themselves be found, by their name: one whose id is `id`, then those whose nickname begins with `name`.
 * @param name as search compares it
 */
export async function searchUsers(db: D1Database, id: string, name: string, limit: number): Promise<User[]> {
  const found = drizzle(db).select(profile).from(users);
  const isNamed = and(gte(users.search_name, name), lt(users.search_name, `${name}\u{10FFFF}`));
  const [one, several] = await Promise.all([
    inTime(found.where(and(eq(users.user_id, id), eq(users.findable, 1)))),
    inTime(
      drizzle(db)
        .select(profile)
        .from(users)
        .where(and(isNamed, eq(users.findable, 1)))
        .orderBy(users.search_name)
        .limit(limit),
    ),
  ]);
  const others = several.filter((row) => row.user_id !== one[0]?.user_id);
  return [...one, ...others].slice(0, limit).map(toUser);
}

/** Changes the given fields of a profile. @returns the user after the change; undefined if there is none, or no longer */
export async function updateUser(
  db: D1Database,
  userId: string,
  changes: { nickname?: string | undefined; avatar?: string | undefined; extra?: string | undefined },
): Promise<User | undefined> {
  if (Object.values(changes).every((value) => value === undefined)) return findUser(db, userId);
  const { nickname } = changes;
  const search_name = nickname === undefined ? undefined : sql`iif(findable = 1, ${folded(nickname)}, NULL)`;
  const query = drizzle(db)
    .update(users)
    .set({ ...changes, search_name })
    .where(and(eq(users.user_id, userId), living));
  const [row] = await inTime(query.returning(profile));
  return row && toUser(row);
}

export async function findCredentials(db: D1Database, userId: string): Promise<Credentials | undefined> {
  const [row] = await inTime(
    drizzle(db)
      .select({
        password_hash: users.password_hash,
        password_version: users.password_version,
        erased_at: users.erased_at,
      })
      .from(users)
      .where(eq(users.user_id, userId)),
  );
  return row;
}

/**
 * Replaces the password if it still has the expected version, and raises the version by one.
 * @returns false if another change was first.
 */
export async function swapPassword(
  db: D1Database,
  userId: string,
  expectedVersion: number,
  passwordHash: string,
): Promise<boolean> {
  const swapped = await withSecret(
    drizzle(db)
      .update(users)
      .set({ password_hash: passwordHash, password_version: expectedVersion + 1 })
      .where(and(eq(users.user_id, userId), eq(users.password_version, expectedVersion), living))
      .returning({ user_id: users.user_id }),
  );
  return swapped.length > 0;
}

/** Replaces the hash of a password that stays the same. It does nothing if the password was changed meanwhile. */
export async function rehashPassword(
  db: D1Database,
  userId: string,
  old: Credentials,
  passwordHash: string,
): Promise<void> {
  await withSecret(
    drizzle(db)
      .update(users)
      .set({ password_hash: passwordHash })
      .where(and(eq(users.user_id, userId), eq(users.password_hash, old.password_hash))),
  );
}

/** An account of an import, with every field. */
export type ImportedUser = typeof users.$inferInsert;

/** The most characters of one import query: D1 takes values up to 2 MB. */
const MAX_QUERY_CHARACTERS = 500_000;

/** Makes the accounts whose ids are free. @returns the ids that were made */
export async function importUsers(db: D1Database, accounts: readonly ImportedUser[]): Promise<Set<string>> {
  const made = new Set<string>();
  for (const chunk of chunked(accounts)) {
    const query = sql`
      INSERT INTO users (user_id, nickname, avatar, extra, password_hash, created_at)
      SELECT value ->> 'user_id', value ->> 'nickname', value ->> 'avatar', value ->> 'extra',
        value ->> 'password_hash', value ->> 'created_at'
      FROM json_each(${chunk}) WHERE true ON CONFLICT DO NOTHING RETURNING user_id`;
    for (const { user_id } of await withSecret(drizzle(db).all<{ user_id: string }>(query))) made.add(user_id);
  }
  return made;
}

/** JSON lists that together have every account. */
function* chunked(accounts: readonly ImportedUser[]): Generator<string> {
  let parts: string[] = [];
  let characters = 0;
  for (const account of accounts) {
    const part = JSON.stringify(account);
    if (parts.length > 0 && characters + part.length > MAX_QUERY_CHARACTERS) {
      yield `[${parts.join(",")}]`;
      [parts, characters] = [[], 0];
    }
    parts.push(part);
    characters += part.length;
  }
  if (parts.length > 0) yield `[${parts.join(",")}]`;
}

/**
 * Runs a query that has a password's hash among its parameters. Drizzle's errors contain parameters, and errors are
 * logged.
 */
async function withSecret<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await inTime(query);
  } catch (error) {
    throw error instanceof DrizzleQueryError && error.cause ? error.cause : error;
  }
}

function toUser(row: Omit<User, "id">): User {
  return {
    user_id: row.user_id,
    id: row.user_id,
    nickname: row.nickname,
    avatar: row.avatar,
    extra: row.extra,
    created_at: row.created_at,
  };
}
