import type { InboxStore } from "../../core/list/store.ts";
import { first } from "../../durable/sql.ts";
import type { Millis } from "../../protocol/model.ts";

/** What watchers were last told: the platforms, like "1,5", and the time of that change. */
type Announced = {
  announced: string;
  announced_at: Millis;
};

/** The stored rows of presence: the watchers, and what they were told. */
export class PresenceStore {
  readonly #inbox: InboxStore;

  constructor(inbox: InboxStore) {
    this.#inbox = inbox;
  }

  isHidden(): boolean {
    return this.#inbox.isHidden();
  }

  /** undefined when there is no inbox. */
  announced(): Announced | undefined {
    if (!this.#inbox.migrator.isBorn) return undefined;
    return first<Announced>(this.#inbox.sql, "SELECT announced, announced_at FROM owner");
  }

  updateAnnounced({ announced, announced_at }: Announced): void {
    this.#inbox.sql.exec("UPDATE owner SET announced = ?, announced_at = ?", announced, announced_at);
  }

  /** The watchers of this user's presence, each with the conversation that allows it. */
  watchers(): Map<string, string> {
    if (!this.#inbox.migrator.isBorn) return new Map();
    const rows = this.#inbox.sql
      .exec<{ user_id: string; conversation_id: string }>("SELECT user_id, conversation_id FROM watchers")
      .toArray();
    return new Map(rows.map((row) => [row.user_id, row.conversation_id]));
  }

  putWatcher(userId: string, conversationId: string): void {
    this.#inbox.sql.exec(
      "INSERT OR REPLACE INTO watchers (user_id, conversation_id) VALUES (?, ?)",
      userId,
      conversationId,
    );
  }

  deleteWatcher(userId: string): void {
    this.#inbox.sql.exec("DELETE FROM watchers WHERE user_id = ?", userId);
  }
}
