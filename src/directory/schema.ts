import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Who has an account. */
export const users = sqliteTable("users", {
  user_id: text().primaryKey(),
  nickname: text().notNull(),
  avatar: text().notNull().default(""),
  /** The client's own, public text. */
  extra: text().notNull().default(""),
  /** PHC string. */
  password_hash: text().notNull(),
  /** Rises by one with each change of the password; logins name the one they were made by. */
  password_version: integer().notNull().default(1),
  created_at: integer().notNull(),
});

/** What a group is called; who is in it is known to its Conversation, which also says whether it exists. */
export const groups = sqliteTable("groups", {
  group_id: text().primaryKey(),
  name: text().notNull(),
  introduction: text().notNull().default(""),
  avatar: text().notNull().default(""),
  creator_user_id: text().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});
