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
];

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
};

/** The rows of push notifications in an Inbox. An inbox that never had a device has no such tables. */
export class PushStore {
  readonly #sql: Sql;
  readonly #tables: Migrator;

  constructor({ sql, migrator }: InboxStore) {
    this.#sql = sql;
    this.#tables = migrator.part("push", { steps: STEPS });
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
    const query = "SELECT conversation_id, due, sent_at, sent_seq FROM notifications";
    return this.#sql.exec<Notification>(query).toArray();
  }

  putNotification({ conversation_id, due, sent_at, sent_seq }: Notification): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO notifications (conversation_id, due, sent_at, sent_seq) VALUES (?, ?, ?, ?)",
      conversation_id,
      due,
      sent_at,
      sent_seq,
    );
  }

  deleteNotification(conversationId: string): void {
    this.#sql.exec("DELETE FROM notifications WHERE conversation_id = ?", conversationId);
  }
}
