import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** The accounts. */
export const users = sqliteTable(
  "users",
  {
    user_id: text().primaryKey(),
    nickname: text().notNull(),
    avatar: text().notNull().default(""),
    /** A public text for the client's own use. */
    extra: text().notNull().default(""),
    /** PHC string. */
    password_hash: text().notNull(),
    /** Rises by one with each change of the password. Each login records the version it was created with. */
    password_version: integer().notNull().default(1),
    created_at: integer().notNull(),
    /** 1 if /user/search finds this user. */
    findable: integer().notNull().default(0),
    /** When the account was erased; 0 while it lives. The row stays: nobody gets the id again. */
    erased_at: integer().notNull().default(0),
    /** The nickname as search compares it, of users who are findable; null for others. */
    search_name: text(),
  },
  // Searches read this index from one name on, and nothing of users who are not findable.
  (table) => [index("users_by_search_name").on(table.search_name).where(sql`search_name IS NOT NULL`)],
);

/** The names of groups. A group's Conversation knows the members, and whether the group exists. */
export const groups = sqliteTable("groups", {
  group_id: text().primaryKey(),
  name: text().notNull(),
  introduction: text().notNull().default(""),
  avatar: text().notNull().default(""),
  creator_user_id: text().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});

/** What users reported, for moderators. One row for each reporter and message, or for each reporter and user. */
export const reports = sqliteTable(
  "reports",
  {
    report_id: text().primaryKey(),
    reporter_id: text().notNull(),
    /** Who is reported: the sender of the message, if it is about one. */
    user_id: text().notNull(),
    /** "" and 0 if the report is about the user only. */
    conversation_id: text().notNull(),
    seq: integer().notNull(),
    reason: text().notNull(),
    text: text().notNull(),
    /** The message and those around it that the reporter saw, as a JSON array in the contract's form. */
    context: text().notNull(),
    /** open, or what a moderator made of it. */
    state: text().notNull().default("open"),
    created_at: integer().notNull(),
  },
  (table) => [
    uniqueIndex("reports_once").on(table.reporter_id, table.user_id, table.conversation_id, table.seq),
    index("reports_by_state").on(table.state, table.created_at),
    index("reports_by_conversation").on(table.conversation_id),
  ],
);
