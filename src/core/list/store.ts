import { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { MemberStatus, Millis, Role } from "../../protocol/model.ts";
import type { LoginEnd } from "../calls.ts";
import type { ListEntry } from "./entry.ts";
import { STEPS } from "./schema.ts";

export type Owner = {
  user_id: string;
  first_cursor: number;
};

/** The only login of a platform. Times are Unix seconds, as in its token; refreshed_at is in milliseconds. */
export type LoginRow = {
  platform_id: number;
  login_id: string;
  token_id: string;
  issued_at: number;
  exp: number;
  password_version: number;
  previous_token_id: string;
  refreshed_at: Millis;
  /** 0 for logins from before it was recorded. */
  made_at: Millis;
  /** When it was last used; stored once a day. */
  seen_at: Millis;
  /** ISO 3166-1 alpha-2, as Cloudflare tells it; "" if unknown. */
  country: string;
};

export type HeldSocketRow = {
  socket_id: string;
  conversation_id: string;
  login_id: string;
  ended: LoginEnd["reason"] | null;
};

type EntryRow = Omit<
  { -readonly [K in keyof ListEntry]: ListEntry[K] },
  "is_pinned" | "is_unread" | "is_archived" | "dismissed" | "large" | "gone"
> & {
  is_pinned: number;
  is_unread: number;
  is_archived: number;
  dismissed: number;
  large: number;
  gone: number;
  role: Role;
  status: MemberStatus;
};

const ENTRY =
  "conversation_id, change, seq, ver, min_seq, read_seq, peer_read_seq, unread, role, status, muted_until, recv_msg_opt, is_pinned, updated_at, founded_at, dismissed, large, gone, sent_bytes, sent_day, day_bytes, is_unread, is_archived, snooze_until, rev, mention_count, mention_seq, application_count";
const LOGIN =
  "platform_id, login_id, token_id, issued_at, exp, password_version, previous_token_id, refreshed_at, made_at, seen_at, country";

const FORGOTTEN = ["CREATE TABLE forgotten (conversation_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"];

/** The tables of an Inbox that the core uses. Features have their own stores in the same database. */
export class InboxStore {
  readonly sql: Sql;
  readonly migrator: Migrator;
  readonly #forgotten: Migrator;

  constructor(sql: Sql) {
    this.sql = sql;
    this.migrator = new Migrator(sql, { steps: STEPS });
    this.#forgotten = this.migrator.part("forgotten", { steps: FORGOTTEN });
  }

  owner(): Owner | undefined {
    if (!this.migrator.isBorn) return undefined;
    return first<Owner>(this.sql, "SELECT user_id, first_cursor FROM owner");
  }

  /** The first write of a new inbox. */
  createOwner(userId: string, firstCursor: number): void {
    this.migrator.migrate();
    const query = "INSERT INTO owner (id, user_id, first_cursor, min_password_version) VALUES (1, ?, ?, 1)";
    this.sql.exec(query, userId, firstCursor);
  }

  /** Whether the user looks offline to everyone. */
  isHidden(): boolean {
    return this.migrator.isBorn && first<{ hidden: number }>(this.sql, "SELECT hidden FROM owner")?.hidden === 1;
  }

  updateHidden(hidden: boolean): void {
    this.sql.exec("UPDATE owner SET hidden = ?", hidden ? 1 : 0);
  }

  logins(): LoginRow[] {
    return this.sql.exec<LoginRow>(`SELECT ${LOGIN} FROM logins`).toArray();
  }

  putLogin(login: LoginRow): void {
    this.sql.exec(
      `INSERT OR REPLACE INTO logins (${LOGIN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      login.platform_id,
      login.login_id,
      login.token_id,
      login.issued_at,
      login.exp,
      login.password_version,
      login.previous_token_id,
      login.refreshed_at,
      login.made_at,
      login.seen_at,
      login.country,
    );
  }

  deleteLogin(platformId: number): void {
    this.sql.exec("DELETE FROM logins WHERE platform_id = ?", platformId);
  }

  entries(): ListEntry[] {
    return this.sql
      .exec<EntryRow>(`SELECT ${ENTRY} FROM conversations`)
      .toArray()
      .map((row) => ({
        ...row,
        is_pinned: row.is_pinned === 1,
        is_unread: row.is_unread === 1,
        is_archived: row.is_archived === 1,
        dismissed: row.dismissed === 1,
        large: row.large === 1,
        gone: row.gone === 1,
      }));
  }

  /** @param preview the newest visible message as JSON; undefined keeps the stored preview. */
  putEntry(entry: ListEntry, preview?: string): void {
    this.sql.exec(
      `INSERT INTO conversations (${ENTRY}, preview) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (conversation_id) DO UPDATE SET
         change = excluded.change, seq = excluded.seq, ver = excluded.ver, min_seq = excluded.min_seq,
         read_seq = excluded.read_seq, peer_read_seq = excluded.peer_read_seq, unread = excluded.unread,
         role = excluded.role, status = excluded.status, muted_until = excluded.muted_until,
         recv_msg_opt = excluded.recv_msg_opt, is_pinned = excluded.is_pinned,
         updated_at = excluded.updated_at, founded_at = excluded.founded_at, dismissed = excluded.dismissed,
         large = excluded.large,
         gone = excluded.gone, sent_bytes = excluded.sent_bytes, sent_day = excluded.sent_day,
         day_bytes = excluded.day_bytes, is_unread = excluded.is_unread, is_archived = excluded.is_archived,
         snooze_until = excluded.snooze_until, rev = excluded.rev, mention_count = excluded.mention_count,
         mention_seq = excluded.mention_seq, application_count = excluded.application_count,
         preview = coalesce(excluded.preview, preview)`,
      entry.conversation_id,
      entry.change,
      entry.seq,
      entry.ver,
      entry.min_seq,
      entry.read_seq,
      entry.peer_read_seq,
      entry.unread,
      entry.role,
      entry.status,
      entry.muted_until,
      entry.recv_msg_opt,
      entry.is_pinned ? 1 : 0,
      entry.updated_at,
      entry.founded_at,
      entry.dismissed ? 1 : 0,
      entry.large ? 1 : 0,
      entry.gone ? 1 : 0,
      entry.sent_bytes,
      entry.sent_day,
      entry.day_bytes,
      entry.is_unread ? 1 : 0,
      entry.is_archived ? 1 : 0,
      entry.snooze_until,
      entry.rev,
      entry.mention_count,
      entry.mention_seq,
      entry.application_count,
      preview ?? null,
    );
  }

  /** Deletes an entry. If the user has written there, an erasure must still find the conversation. [ERASE-2] */
  deleteEntry({ conversation_id, sent_day }: ListEntry): void {
    this.sql.exec("DELETE FROM conversations WHERE conversation_id = ?", conversation_id);
    if (sent_day === 0) return;
    this.#forgotten.migrate();
    this.sql.exec("INSERT OR IGNORE INTO forgotten (conversation_id) VALUES (?)", conversation_id);
  }

  /** The conversations without an entry in which the user has written. */
  forgotten(): string[] {
    if (!this.#forgotten.isBorn) return [];
    const rows = this.sql.exec<{ conversation_id: string }>("SELECT conversation_id FROM forgotten").toArray();
    return rows.map(({ conversation_id }) => conversation_id);
  }

  updateFirstCursor(cursor: number): void {
    this.sql.exec("UPDATE owner SET first_cursor = ?", cursor);
  }

  /** Previews of some conversations by id. */
  previews(conversationIds: readonly string[]): Map<string, string> {
    const rows = this.sql
      .exec<{ conversation_id: string; preview: string | null }>(
        // A preview that is not valid JSON would break the whole page that contains it.
        // Previews that an older release stored end without the fields of message operations.
        `SELECT conversation_id, CASE WHEN json_valid(preview) THEN
           iif(preview = 'null' OR json_type(preview, '$.amended') IS NOT NULL, preview,
             substr(preview, 1, length(preview) - 1) || ',"meta":null,"amended":null}')
         END AS preview FROM conversations
         WHERE conversation_id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(conversationIds),
      )
      .toArray();
    return new Map(rows.map((row) => [row.conversation_id, row.preview ?? "null"]));
  }

  quota(name: string): string {
    if (!this.migrator.isBorn) return "[]";
    return first<{ uses: string }>(this.sql, "SELECT uses FROM quotas WHERE name = ?", name)?.uses ?? "[]";
  }

  /** Also deletes quotas whose uses no longer count. */
  putQuota(name: string, uses: string, until: Millis): void {
    this.sql.exec("DELETE FROM quotas WHERE until <= ?", Date.now());
    this.sql.exec("INSERT OR REPLACE INTO quotas (name, uses, until) VALUES (?, ?, ?)", name, uses, until);
  }

  heldSockets(): HeldSocketRow[] {
    return this.sql
      .exec<HeldSocketRow>("SELECT socket_id, conversation_id, login_id, ended FROM room_sockets")
      .toArray();
  }

  putHeldSocket(socket: HeldSocketRow): void {
    this.sql.exec(
      "INSERT OR REPLACE INTO room_sockets (socket_id, conversation_id, login_id, ended) VALUES (?, ?, ?, ?)",
      socket.socket_id,
      socket.conversation_id,
      socket.login_id,
      socket.ended,
    );
  }

  deleteHeldSocket(socketId: string): void {
    this.sql.exec("DELETE FROM room_sockets WHERE socket_id = ?", socketId);
  }
}
