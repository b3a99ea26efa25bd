import type { InboxStore } from "../../core/list/store.ts";
import type { Migrator } from "../../durable/migrator.ts";
import type { Sql } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";
import type { PushKind, PushPrivacy } from "../../protocol/push-model.ts";

const STEPS = [
  `
  CREATE TABLE devices (
    login_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    device_id TEXT NOT NULL,
    -- The endpoint of a Web Push; the token of another kind.
    token TEXT NOT NULL,
    -- Of a Web Push: the subscription's keys. Of a hook: the service. Both as JSON.
    details TEXT NOT NULL,
    privacy TEXT NOT NULL,
    lang TEXT NOT NULL,
    -- The origin at which the device was registered.
    site TEXT NOT NULL,
    PRIMARY KEY (login_id, kind)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE notifications (
    conversation_id TEXT PRIMARY KEY,
    -- When the next one goes out; 0 if none waits.
    due INTEGER NOT NULL,
    -- When the last one went out, and its newest message; 0 for never.
    sent_at INTEGER NOT NULL,
    sent_seq INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The newest message that mentions the user or replies to them, and was not notified of; 0 if there is none.
  ALTER TABLE notifications ADD COLUMN named_seq INTEGER NOT NULL DEFAULT 0;
  -- The message whose text the last notification shows; 0 if it shows none.
  ALTER TABLE notifications ADD COLUMN shown_seq INTEGER NOT NULL DEFAULT 0;
  -- Whether the last notification is to be replaced or withdrawn: what it shows was recalled.
  ALTER TABLE notifications ADD COLUMN is_stale INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Groups whose every message the user is notified of, even if they are large.
  CREATE TABLE every_message (conversation_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
];

/** What all steps together make, for new objects: each change of a table that exists costs a row more. */
const WHOLE = `
  CREATE TABLE devices (
    login_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    device_id TEXT NOT NULL,
    token TEXT NOT NULL,
    details TEXT NOT NULL,
    privacy TEXT NOT NULL,
    lang TEXT NOT NULL,
    site TEXT NOT NULL,
    PRIMARY KEY (login_id, kind)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE notifications (
    conversation_id TEXT PRIMARY KEY,
    due INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    sent_seq INTEGER NOT NULL,
    named_seq INTEGER NOT NULL DEFAULT 0,
    shown_seq INTEGER NOT NULL DEFAULT 0,
    is_stale INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE every_message (conversation_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

/** A device of one of the user's logins. */
export type Device = {
  readonly login_id: string;
  readonly kind: PushKind;
  readonly device_id: string;
  readonly token: string;
  readonly details: string;
  readonly privacy: PushPrivacy;
  readonly lang: "en" | "zh";
  readonly site: string;
};

/** The notifications of one conversation: the one that waits, and the last one. */
export type Notification = {
  readonly conversation_id: string;
  readonly due: Millis;
  readonly sent_at: Millis;
  readonly sent_seq: number;
  readonly named_seq: number;
  readonly shown_seq: number;
  readonly is_stale: 0 | 1;
};

const NOTIFICATION = "conversation_id, due, sent_at, sent_seq, named_seq, shown_seq, is_stale";

/** The rows of push notifications in an Inbox. An inbox that never had a device has no such tables. */
export class PushStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("push", { steps: STEPS, whole: WHOLE });
  }

  devices(): Device[] {
    if (!this.#tables.isBorn) return [];
    const columns = "login_id, kind, device_id, token, details, privacy, lang, site";
    return this.#sql.exec<Device>(`SELECT ${columns} FROM devices`).toArray();
  }

  putDevice({ login_id, kind, device_id, token, details, privacy, lang, site }: Device): void {
    this.#tables.migrate();
    this.#sql.exec(
      `INSERT OR REPLACE INTO devices (login_id, kind, device_id, token, details, privacy, lang, site)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      login_id,
      kind,
      device_id,
      token,
      details,
      privacy,
      lang,
      site,
    );
  }

  deleteDevice({ login_id, kind }: Device): void {
    this.#sql.exec("DELETE FROM devices WHERE login_id = ? AND kind = ?", login_id, kind);
  }

  notifications(): Notification[] {
    if (!this.#tables.isBorn) return [];
    return this.#sql.exec<Notification>(`SELECT ${NOTIFICATION} FROM notifications`).toArray();
  }

  putNotification(row: Notification): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO notifications (${NOTIFICATION}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      row.conversation_id,
      row.due,
      row.sent_at,
      row.sent_seq,
      row.named_seq,
      row.shown_seq,
      row.is_stale,
    );
  }

  everyMessage(): string[] {
    if (!this.#tables.isBorn) return [];
    const rows = this.#sql.exec<{ conversation_id: string }>("SELECT conversation_id FROM every_message").toArray();
    return rows.map(({ conversation_id }) => conversation_id);
  }

  putEveryMessage(conversationId: string): void {
    this.#tables.migrate();
    this.#sql.exec("INSERT OR IGNORE INTO every_message (conversation_id) VALUES (?)", conversationId);
  }

  deleteEveryMessage(conversationId: string): void {
    this.#sql.exec("DELETE FROM every_message WHERE conversation_id = ?", conversationId);
  }

  deleteNotification(conversationId: string): void {
    this.#sql.exec("DELETE FROM notifications WHERE conversation_id = ?", conversationId);
  }
}
