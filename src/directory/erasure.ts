import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Millis } from "../protocol/model.ts";
import { inTime } from "./query.ts";
import { reports, users } from "./schema.ts";

/**
 * Takes a user's profile, password and own reports away. The row stays for ever, so that nobody gets the id again. A
 * repeat changes nothing. [ERASE-4]
 */
export async function eraseUser(db: D1Database, userId: string, now: Millis): Promise<void> {
  const nothing = {
    nickname: "",
    avatar: "",
    extra: "",
    password_hash: "",
    findable: 0,
    search_name: null,
    erased_at: now,
  };
  const change = drizzle(db).update(users).set(nothing);
  await inTime(change.where(and(eq(users.user_id, userId), eq(users.erased_at, 0))));
  await inTime(drizzle(db).delete(reports).where(eq(reports.reporter_id, userId)));
}

/** Takes what a user wrote out of the messages that were kept with reports from some conversations. */
export async function eraseFromReports(
  db: D1Database,
  userId: string,
  conversationIds: readonly string[],
): Promise<void> {
  // As a recall leaves a message: a moderator sees that there was one.
  const query = sql`
    UPDATE reports SET context = (
      SELECT json_group_array(
        CASE WHEN value ->> 'sender_id' = ${userId} AND value ->> 'msg_type' < 1000
        THEN json_set(value, '$.content', json('{}'), '$.meta', NULL) ELSE json(value) END)
      FROM json_each(context))
    WHERE conversation_id IN (SELECT value FROM json_each(${JSON.stringify(conversationIds)}))
      AND instr(context, ${JSON.stringify(userId)}) > 0`;
  await inTime(drizzle(db).run(query));
}
