import { createHash } from "node:crypto";
import type { Ledger } from "./ledger.ts";
import { amendedOf, isNotice, type Logged } from "./model.ts";
import type { Disk } from "./platform/disk.ts";
import type { User } from "./user.ts";
import type { World } from "./world.ts";

interface EntryRow {
  readonly conversation_id: string;
  readonly seq: number;
  readonly read_seq: number;
  readonly unread: number;
  readonly status: number;
  readonly large: number;
}

interface NotificationRow {
  readonly conversation_id: string;
  readonly due: number;
  readonly sent_seq: number;
}

/** Checks the notifications of users who have a phone in the pocket, when all is at rest. */
export class Notifications {
  readonly #world: World;
  readonly #ledger: Ledger;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** None still waits, and the newest unread message of each conversation with alerts was notified of. [NOTIFY-1] */
  decided({ id: userId, erasure }: User): void {
    const { disk } = this.#world.inbox(userId);
    if (erasure || !hasTable(disk, "notifications")) return;
    const rows = disk.run<NotificationRow>("SELECT conversation_id, due, sent_seq FROM notifications");
    for (const { conversation_id: id, due } of rows) {
      if (due > 0) this.#complain(`[NOTIFY-1] a notification of ${id} to ${userId} waits for ever`);
    }
    const sent = new Map(rows.map((row) => [row.conversation_id, row.sent_seq]));
    const entries = "SELECT conversation_id, seq, read_seq, unread, status, large FROM conversations WHERE gone = 0";
    for (const entry of disk.run<EntryRow>(entries)) {
      const newest = this.#newestUnread(userId, entry);
      if (newest > (sent.get(entry.conversation_id) ?? 0)) {
        this.#complain(`[NOTIFY-1] ${userId} was not notified of ${entry.conversation_id} ${newest}`);
      }
    }
  }

  /** 0 if there is none, or if the user may not have wanted to hear of it when it came. */
  #newestUnread(userId: string, { conversation_id: id, seq, read_seq, unread, status, large }: EntryRow): number {
    if (unread === 0 || status !== 1 || large === 1 || this.#ledger.configured.has(`${id} ${userId}`)) return 0;
    const { disk } = this.#world.conversation(id);
    const deleted = hasTable(disk, "marks")
      ? disk.run<{ seq: number }>(`SELECT seq FROM marks WHERE kind = 'deleted' AND user_id = '${userId}'`)
      : [];
    const isGone = new Set(deleted.map((mark) => mark.seq));
    const log = disk.run<Logged>(`SELECT * FROM messages WHERE seq > ${read_seq} AND seq <= ${seq} ORDER BY seq DESC`);
    const counts = (message: Logged) =>
      message.sender_id !== userId &&
      !isNotice(message.msg_type) &&
      !isGone.has(message.seq) &&
      !amendedOf(message)?.recalled_at;
    return log.find(counts)?.seq ?? 0;
  }

  /** Each notification is of a user's own conversation and covers a message that exists. [NOTIFY-1] */
  requested(): void {
    for (const text of this.#world.events) {
      const { id, type, data } = JSON.parse(text);
      if (type !== "push.requested") continue;
      const { user_id, conversation_id, seq, badge } = data.notification;
      const { disk } = this.#world.conversation(conversation_id);
      const known = disk.isBlank ? [] : disk.run(`SELECT 1 FROM members WHERE user_id = '${user_id}'`);
      const there = disk.isBlank ? [] : disk.run(`SELECT 1 FROM messages WHERE seq = ${seq}`);
      if (known.length === 0 || there.length === 0) {
        this.#complain(`[NOTIFY-1] ${user_id} was notified of ${conversation_id} ${seq}, which is nothing of theirs`);
      }
      const topic = createHash("sha256")
        .update(`${data.device_id} ${conversation_id}`)
        .digest("base64url")
        .slice(0, 32);
      if (data.topic !== topic || !id.startsWith(`push_${topic}_${seq}_`) || badge < 0) {
        this.#complain(`[NOTIFY-3] a notification of ${conversation_id} ${seq} has the id ${id}`);
      }
    }
  }

  #complain(complaint: string): void {
    this.#ledger.complain(complaint);
  }
}

function hasTable(disk: Disk, name: string): boolean {
  return disk.run(`SELECT name FROM sqlite_master WHERE name = '${name}'`).length > 0;
}
