import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Keys of the server API. The key itself is shown once, when it is made; scripts/admin-key.ts makes it. */
export const apiKeys = sqliteTable("api_keys", {
  key_id: text().primaryKey(),
  /** SHA-256 of the whole key, in hex. */
  hash: text().notNull(),
  /** Scopes, separated by commas. */
  scopes: text().notNull(),
  note: text().notNull().default(""),
  created_at: integer().notNull(),
  /** 0 while the key is valid. */
  revoked_at: integer().notNull().default(0),
});

/** What was done with keys. */
export const audit = sqliteTable("audit", {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  key_id: text().notNull(),
  method: text().notNull(),
  path: text().notNull(),
  /** The ids that the body names. */
  target: text().notNull(),
  /** The code of the answer. */
  code: integer().notNull(),
  request_id: text().notNull(),
});
