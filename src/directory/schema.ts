import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The accounts. */
export const users = sqliteTable("users", {
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
});

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
