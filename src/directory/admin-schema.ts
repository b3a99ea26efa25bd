import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

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

/** The endpoints that get events. */
export const hooks = sqliteTable("hooks", {
  hook_id: text().primaryKey(),
  url: text().notNull(),
  /** Types of events, separated by commas; "" for all. */
  types: text().notNull(),
  /** The most events in one call. */
  batch: integer().notNull(),
  /** Not hashed: it signs each call. */
  secret: text().notNull(),
  /** The secret before it also signs until this time. */
  previous_secret: text().notNull(),
  previous_until: integer().notNull(),
  /** Why the endpoint gets nothing; "" while it does. */
  disabled: text().notNull(),
  created_at: integer().notNull(),
});

/** The newest calls of each endpoint. */
export const hookLog = sqliteTable(
  "hook_log",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    hook_id: text().notNull(),
    at: integer().notNull(),
    /** The first event of the call. */
    event_id: text().notNull(),
    event_type: text().notNull(),
    events: integer().notNull(),
    /** The HTTP status; 0 if there was no answer. */
    status: integer().notNull(),
    ms: integer().notNull(),
    detail: text().notNull(),
  },
  (entry) => [index("hook_log_by_hook").on(entry.hook_id, entry.id)],
);

/** Announcements that are sent in steps. */
export const jobs = sqliteTable("jobs", {
  job_id: text().primaryKey(),
  msg_type: integer().notNull(),
  content: text().notNull(),
  /** Ids as a JSON list, in order; "" for all users. */
  user_ids: text().notNull(),
  /** The last user of the steps that are done. */
  cursor: text().notNull(),
  sent: integer().notNull(),
  failed: integer().notNull(),
  is_done: integer().notNull(),
  created_at: integer().notNull(),
});
