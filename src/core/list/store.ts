import { Migrator } from "../../durable/migrator.ts";
import { first, type Sql } from "../../durable/sql.ts";
import type { Guesses } from "../../features/logins/password-guard.ts";
import type { MemberStatus, Millis, Role } from "../../protocol/model.ts";
import type { LoginEnd } from "../calls.ts";
import type { ListEntry } from "./entry.ts";
import { STEPS } from "./schema.ts";

export type Owner = {
  user_id: string;
  first_cursor: number;
  min_password_version: number;
  pending_version: number | null;
  pending_login_id: string | null;
  pending_since: Millis | null;
  hidden: number;
  announced: string;
  announced_at: Millis;
  /** When peers are to be told of a new profile; 0 when they know it. */
  profile_due: Millis;
  profile_told_at: Millis;
};

/** The one login of a platform. Times in Unix seconds as in its token, but refreshed_at in milliseconds. */
export type LoginRow = {
  platform_id: number;
  login_id: string;
  token_id: string;
  issued_at: number;
  exp: number;
  password_version: number;
  previous_token_id: string;
  refreshed_at: Millis;
};

export type ConversationSocketRow = {
  socket_id: string;
  conversation_id: string;
  login_id: string;
  ended: LoginEnd["reason"] | null;
};

type EntryRow = Omit<{ -readonly [K in keyof ListEntry]: ListEntry[K] }, "is_pinned" | "dismissed" | "gone"> & {
  is_pinned: number;
  dismissed: number;
  gone: number;
  role: Role;
  status: MemberStatus;
};

const OWNER =
  "user_id, first_cursor, min_password_version, pending_version, pending_login_id, pending_since, hidden, announced, announced_at, profile_due, profile_told_at";
const ENTRY =
  "conversation_id, change, seq, ver, min_seq, read_seq, peer_read_seq, unread, role, status, muted_until, recv_msg_opt, is_pinned, updated_at, founded_at, dismissed, gone, sent_bytes, sent_day, day_bytes";
const LOGIN = "platform_id, login_id, token_id, issued_at, exp, password_version, previous_token_id, refreshed_at";

type GuessRow = { -readonly [K in keyof Guesses]: Guesses[K] };

/** Networks remembered from where the password was never right, and as many from where it was. [MEM-1] */
const MAX_NETWORKS = 1_000;

/** All SQL of an Inbox. */
export class InboxStore {
  readonly #sql: Sql;
  readonly migrator: Migrator;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.migrator = new Migrator(sql, STEPS);
  }

  owner(): Owner | undefined {
    if (!this.migrator.isBorn) return undefined;
    return first<Owner>(this.#sql, `SELECT ${OWNER} FROM owner`);
  }

  putOwner(owner: Owner): void {
    this.migrator.migrate();
    this.#sql.exec(
      `INSERT OR REPLACE INTO owner (id, ${OWNER}) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      owner.user_id,
      owner.first_cursor,
      owner.min_password_version,
      owner.pending_version,
      owner.pending_login_id,
      owner.pending_since,
      owner.hidden,
      owner.announced,
      owner.announced_at,
      owner.profile_due,
      owner.profile_told_at,
    );
  }

  logins(): LoginRow[] {
    return this.#sql.exec<LoginRow>(`SELECT ${LOGIN} FROM logins`).toArray();
  }

  putLogin(login: LoginRow): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO logins (${LOGIN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      login.platform_id,
      login.login_id,
      login.token_id,
      login.issued_at,
      login.exp,
      login.password_version,
      login.previous_token_id,
      login.refreshed_at,
    );
  }

  deleteLogin(platformId: number): void {
    this.#sql.exec("DELETE FROM logins WHERE platform_id = ?", platformId);
  }

  entries(): ListEntry[] {
    return this.#sql
      .exec<EntryRow>(`SELECT ${ENTRY} FROM conversations`)
      .toArray()
      .map((row) => ({ ...row, is_pinned: row.is_pinned === 1, dismissed: row.dismissed === 1, gone: row.gone === 1 }));
  }

  /** @param preview the newest visible message as JSON; undefined leaves it as it is. */
  putEntry(entry: ListEntry, preview?: string): void {
    this.#sql.exec(
      `INSERT INTO conversations (${ENTRY}, preview) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (conversation_id) DO UPDATE SET
         change = excluded.change, seq = excluded.seq, ver = excluded.ver, min_seq = excluded.min_seq,
         read_seq = excluded.read_seq, peer_read_seq = excluded.peer_read_seq, unread = excluded.unread,
         role = excluded.role, status = excluded.status, muted_until = excluded.muted_until,
         recv_msg_opt = excluded.recv_msg_opt, is_pinned = excluded.is_pinned,
         updated_at = excluded.updated_at, founded_at = excluded.founded_at, dismissed = excluded.dismissed,
         gone = excluded.gone, sent_bytes = excluded.sent_bytes, sent_day = excluded.sent_day,
         day_bytes = excluded.day_bytes,
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
      entry.gone ? 1 : 0,
      entry.sent_bytes,
      entry.sent_day,
      entry.day_bytes,
      preview ?? null,
    );
  }

  deleteEntry(conversationId: string): void {
    this.#sql.exec("DELETE FROM conversations WHERE conversation_id = ?", conversationId);
  }

  updateFirstCursor(cursor: number): void {
    this.#sql.exec("UPDATE owner SET first_cursor = ?", cursor);
  }

  /** Previews of some conversations by id. */
  previews(conversationIds: readonly string[]): Map<string, string> {
    const rows = this.#sql
      .exec<{ conversation_id: string; preview: string | null }>(
        // One that is no JSON would spoil the whole page that it goes into.
        `SELECT conversation_id, iif(json_valid(preview), preview, NULL) AS preview FROM conversations
         WHERE conversation_id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(conversationIds),
      )
      .toArray();
    return new Map(rows.map((row) => [row.conversation_id, row.preview ?? "null"]));
  }

  /** Who watches this user's presence, and by which conversation. */
  watchers(): Map<string, string> {
    const rows = this.#sql
      .exec<{ user_id: string; conversation_id: string }>("SELECT user_id, conversation_id FROM watchers")
      .toArray();
    return new Map(rows.map((row) => [row.user_id, row.conversation_id]));
  }

  putWatcher(userId: string, conversationId: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO watchers (user_id, conversation_id) VALUES (?, ?)", userId, conversationId);
  }

  deleteWatcher(userId: string): void {
    this.#sql.exec("DELETE FROM watchers WHERE user_id = ?", userId);
  }

  guesses(network: string): Guesses | undefined {
    return first<GuessRow>(
      this.#sql,
      "SELECT wrong, until, tried_at, proven_at FROM guesses WHERE network = ?",
      network,
    );
  }

  putGuesses(network: string, { wrong, until, tried_at, proven_at }: Guesses): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO guesses (network, wrong, until, tried_at, proven_at) VALUES (?, ?, ?, ?, ?)",
      network,
      wrong,
      until,
      tried_at,
      proven_at,
    );
    // Strange networks do not push out those from where the right password came.
    this.#sql.exec(
      `DELETE FROM guesses WHERE network IN (SELECT network FROM guesses
       WHERE network <> '' AND (proven_at > 0) = ? ORDER BY tried_at DESC LIMIT -1 OFFSET ?)`,
      proven_at > 0 ? 1 : 0,
      MAX_NETWORKS,
    );
  }

  quota(name: string): string {
    if (!this.migrator.isBorn) return "[]";
    return first<{ uses: string }>(this.#sql, "SELECT uses FROM quotas WHERE name = ?", name)?.uses ?? "[]";
  }

  /** What counts no more is deleted on the way. */
  putQuota(name: string, uses: string, until: Millis): void {
    this.#sql.exec("DELETE FROM quotas WHERE until <= ?", Date.now());
    this.#sql.exec("INSERT OR REPLACE INTO quotas (name, uses, until) VALUES (?, ?, ?)", name, uses, until);
  }

  roomSockets(): ConversationSocketRow[] {
    return this.#sql
      .exec<ConversationSocketRow>("SELECT socket_id, conversation_id, login_id, ended FROM room_sockets")
      .toArray();
  }

  putRoomSocket(socket: ConversationSocketRow): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO room_sockets (socket_id, conversation_id, login_id, ended) VALUES (?, ?, ?, ?)",
      socket.socket_id,
      socket.conversation_id,
      socket.login_id,
      socket.ended,
    );
  }

  deleteRoomSocket(socketId: string): void {
    this.#sql.exec("DELETE FROM room_sockets WHERE socket_id = ?", socketId);
  }
}
