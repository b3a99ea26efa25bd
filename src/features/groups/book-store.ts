import type { ConversationStore } from "../../core/log/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import { first, type Row, type Sql } from "../../durable/sql.ts";
import { MemberStatus, type Millis, Role } from "../../protocol/model.ts";

/** A user who waits for approval. */
export type Application = { user_id: string; inviter_user_id: string; applied_at: Millis };
/** A user who may not come in until a time; 0 for no end. */
export type Ban = { user_id: string; banned_by: string; banned_at: Millis; banned_until: Millis };
/** An invite link. 0 is no end, and any number of uses. */
export type Link = {
  code: string;
  creator_user_id: string;
  created_at: Millis;
  expires_at: Millis;
  max_uses: number;
  uses: number;
};
/** The long texts of a group. */
export type Texts = { announcement: string; extra: string };

/** How long an application waits. */
export const APPLIES_FOR = 30 * 86_400_000;

const STEPS = [
  `
  CREATE TABLE group_applications (
    user_id TEXT PRIMARY KEY,
    inviter_user_id TEXT NOT NULL,
    applied_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE group_bans (
    user_id TEXT PRIMARY KEY,
    banned_by TEXT NOT NULL,
    banned_at INTEGER NOT NULL,
    banned_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE group_links (
    code TEXT PRIMARY KEY,
    creator_user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    max_uses INTEGER NOT NULL,
    uses INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE group_texts (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    announcement TEXT NOT NULL,
    extra TEXT NOT NULL
  ) STRICT;
  `,
];

/**
 * A link lets users in: it has not ended, is not used up, and its maker could make it now. So a link ends with the right
 * that made it, also where no operation of this feature takes that right away: an erasure. Takes the time. [JOIN-2]
 */
const LIVE = `(expires_at = 0 OR expires_at > ?) AND (max_uses = 0 OR uses < max_uses) AND EXISTS (
  SELECT 1 FROM members
  WHERE user_id = creator_user_id AND status = ${MemberStatus.NORMAL} AND role >= ${Role.ADMIN})`;

type Value = string | number | null;

const NO_TEXTS: Texts = { announcement: "", extra: "" };

/**
 * What a group's Conversation keeps beside its members: who waits, who is kept out, the invite links, the long texts.
 * A group that never had any of it has no tables. Nothing of it is in memory: messages do not need it.
 */
export class BookStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: ConversationStore) {
    this.#sql = sql;
    this.#tables = migrator.part("group_book", { steps: STEPS });
  }

  application(userId: string, now: Millis): Application | undefined {
    const query = "SELECT * FROM group_applications WHERE user_id = ? AND applied_at > ?";
    return this.#first<Application>(query, userId, now - APPLIES_FOR);
  }

  /** Users who wait, the first first. @param after where the page before ended */
  applications(after: { time: Millis; id: string } | undefined, limit: number, now: Millis): Application[] {
    const query = `SELECT * FROM group_applications WHERE applied_at > ? AND (applied_at, user_id) > (?, ?)
      ORDER BY applied_at, user_id LIMIT ?`;
    return this.#all<Application>(query, now - APPLIES_FOR, after?.time ?? 0, after?.id ?? "", limit);
  }

  countApplications(now: Millis): number {
    const query = "SELECT count(*) AS count FROM group_applications WHERE applied_at > ?";
    return this.#first<{ count: number }>(query, now - APPLIES_FOR)?.count ?? 0;
  }

  /** Also deletes those that nobody answered in time. */
  putApplication({ user_id, inviter_user_id, applied_at }: Application): void {
    this.#tables.migrate();
    this.#sql.exec("DELETE FROM group_applications WHERE applied_at <= ?", applied_at - APPLIES_FOR);
    const query = "INSERT OR REPLACE INTO group_applications (user_id, inviter_user_id, applied_at) VALUES (?, ?, ?)";
    this.#sql.exec(query, user_id, inviter_user_id, applied_at);
  }

  deleteApplication(userId: string): void {
    this.#run("DELETE FROM group_applications WHERE user_id = ?", userId);
  }

  isBanned(userId: string, now: Millis): boolean {
    const query = "SELECT 1 AS found FROM group_bans WHERE user_id = ? AND (banned_until = 0 OR banned_until > ?)";
    return this.#first(query, userId, now) !== undefined;
  }

  /** Users who are banned, the last first. @param before where the page before ended */
  bans(before: { time: Millis; id: string } | undefined, limit: number, now: Millis): Ban[] {
    const query = `SELECT * FROM group_bans
      WHERE (banned_until = 0 OR banned_until > ?) AND (banned_at, user_id) < (?, ?)
      ORDER BY banned_at DESC, user_id DESC LIMIT ?`;
    return this.#all<Ban>(query, now, before?.time ?? Number.MAX_SAFE_INTEGER, before?.id ?? "", limit);
  }

  countBans(now: Millis): number {
    const query = "SELECT count(*) AS count FROM group_bans WHERE banned_until = 0 OR banned_until > ?";
    return this.#first<{ count: number }>(query, now)?.count ?? 0;
  }

  /** Also deletes bans that have ended. */
  putBan({ user_id, banned_by, banned_at, banned_until }: Ban): void {
    this.#tables.migrate();
    this.#sql.exec("DELETE FROM group_bans WHERE banned_until > 0 AND banned_until <= ?", banned_at);
    const query = "INSERT OR REPLACE INTO group_bans (user_id, banned_by, banned_at, banned_until) VALUES (?, ?, ?, ?)";
    this.#sql.exec(query, user_id, banned_by, banned_at, banned_until);
  }

  deleteBan(userId: string): void {
    this.#run("DELETE FROM group_bans WHERE user_id = ?", userId);
  }

  /** The links that still let users in, the newest first. */
  links(now: Millis): Link[] {
    return this.#all<Link>(`SELECT * FROM group_links WHERE ${LIVE} ORDER BY created_at DESC, code`, now);
  }

  link(code: string, now: Millis): Link | undefined {
    return this.#first<Link>(`SELECT * FROM group_links WHERE code = ? AND ${LIVE}`, code, now);
  }

  /** Also deletes links that let nobody in any more. */
  putLink({ code, creator_user_id, created_at, expires_at, max_uses, uses }: Link): void {
    this.#tables.migrate();
    this.#sql.exec(`DELETE FROM group_links WHERE NOT (${LIVE})`, created_at);
    const query = `INSERT OR IGNORE INTO group_links (code, creator_user_id, created_at, expires_at, max_uses, uses)
      VALUES (?, ?, ?, ?, ?, ?)`;
    this.#sql.exec(query, code, creator_user_id, created_at, expires_at, max_uses, uses);
  }

  useLink(code: string): void {
    this.#run("UPDATE group_links SET uses = uses + 1 WHERE code = ?", code);
  }

  /** @param code null for all */
  deleteLinks(code: string | null): void {
    this.#run("DELETE FROM group_links WHERE ? IS NULL OR code = ?", code, code);
  }

  /** The links of a user who may make none any more: they end, or are the next owner's. */
  passLinks(creatorId: string, nextOwnerId: string | null): void {
    if (nextOwnerId === null) this.#run("DELETE FROM group_links WHERE creator_user_id = ?", creatorId);
    else this.#run("UPDATE group_links SET creator_user_id = ? WHERE creator_user_id = ?", nextOwnerId, creatorId);
  }

  texts(): Texts {
    return this.#first<Texts>("SELECT announcement, extra FROM group_texts") ?? NO_TEXTS;
  }

  putTexts(changes: Partial<Texts>): void {
    this.#tables.migrate();
    const { announcement, extra } = { ...this.texts(), ...changes };
    const query = "INSERT OR REPLACE INTO group_texts (id, announcement, extra) VALUES (1, ?, ?)";
    this.#sql.exec(query, announcement, extra);
  }

  #first<T extends Row>(query: string, ...values: Value[]): T | undefined {
    return this.#tables.isBorn ? first<T>(this.#sql, query, ...values) : undefined;
  }

  #all<T extends Row>(query: string, ...values: Value[]): T[] {
    return this.#tables.isBorn ? this.#sql.exec<T>(query, ...values).toArray() : [];
  }

  #run(query: string, ...values: Value[]): void {
    if (this.#tables.isBorn) this.#sql.exec(query, ...values);
  }
}
